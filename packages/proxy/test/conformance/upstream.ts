import { createServer, type Server, type Socket } from "node:net"
import { createServer as createTlsServer, type TlsOptions } from "node:tls"
import { type Line, line, watch } from "./sockets.ts"
import * as Wire from "./wire.ts"

/** A connection that the proxy made, and the requests that were read on it. */
export interface Connection extends Line {
  readonly reading: () => Wire.Reading
  readonly send: (...parts: ReadonlyArray<Wire.Wire>) => void
}

/** What an upstream does. */
export interface Behaviour {
  readonly onConnection?: (connection: Connection) => void
  /** When a head is there, its body may still be to come. */
  readonly onHead?: (connection: Connection, request: Wire.Message) => void
  /** When a request is there as a whole; `index` counts those of all connections from 0. */
  readonly onWhole?: (connection: Connection, request: Wire.Message, index: number) => void
  /** Each piece as it comes; where it is given, bytes are neither kept nor read as requests. */
  readonly onPiece?: (connection: Connection, piece: Buffer) => void
  readonly tls?: TlsOptions
}

export interface Upstream {
  readonly port: number
  readonly connections: ReadonlyArray<Connection>
  /** All that was read, in the order in which the heads came. */
  readonly messages: () => ReadonlyArray<Wire.Message>
  /** What on any connection was no HTTP/1.1, or not there as a whole. */
  readonly faults: () => ReadonlyArray<string>
  readonly until: (holds: (upstream: Upstream) => boolean, what: string) => Promise<void>
  /** Done when each connection is closed, by the proxy: call it after the proxy's end. */
  readonly close: () => Promise<void>
}

const took = (
  behave: Behaviour,
  changed: () => void,
  counted: () => number,
  began: (connection: Connection, index: number) => void
) => {
  return (socket: Socket): Connection => {
    const isKept = behave.onPiece === undefined
    let heads = 0
    let wholes = 0
    const heard = (piece: Buffer): void => {
      if (!isKept) return behave.onPiece?.(connection, piece)
      const { messages } = connection.reading()
      for (; heads < messages.length; heads++) {
        const message = messages[heads]
        began(connection, heads)
        if (message !== undefined) behave.onHead?.(connection, message)
      }
      for (; wholes < messages.length && messages[wholes]?.isWhole; wholes++) {
        const message = messages[wholes]
        if (message !== undefined) behave.onWhole?.(connection, message, counted())
      }
    }
    const own = line(
      socket,
      (piece) => {
        heard(piece)
        changed()
      },
      isKept
    )
    for (const event of ["end", "error", "close"]) socket.on(event, changed)
    const connection: Connection = {
      ...own,
      reading: () => Wire.requests(own.received()),
      send: (...parts) => {
        for (const part of parts) if (socket.writable) socket.write(Wire.bytes(part))
      }
    }
    return connection
  }
}

/** Listens on a port of the system's choice, and keeps what it receives. */
export const open = async (behave: Behaviour): Promise<Upstream> => {
  const connections: Array<Connection> = []
  const { changed, until } = watch()
  let answered = 0
  const heads: Array<{ readonly connection: Connection; readonly index: number }> = []
  const take = took(
    behave,
    changed,
    () => answered++,
    (connection, index) => void heads.push({ connection, index })
  )
  const accept = (socket: Socket): void => {
    const connection = take(socket)
    connections.push(connection)
    behave.onConnection?.(connection)
    changed()
  }
  const server: Server =
    behave.tls === undefined
      ? createServer({ noDelay: true, allowHalfOpen: false }, accept)
      : createTlsServer(behave.tls, accept).on("tlsClientError", () => undefined)
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const address = server.address()
  const upstream: Upstream = {
    port: typeof address === "object" && address !== null ? address.port : 0,
    connections,
    messages: () => heads.flatMap(({ connection, index }) => connection.reading().messages[index] ?? []),
    faults: () =>
      connections.flatMap((connection) => {
        const { fault, messages } = connection.reading()
        return [
          ...(fault === undefined ? [] : [fault]),
          ...messages.filter(({ isWhole }) => !isWhole).map(({ start }) => `incomplete: ${start}`)
        ]
      }),
    until: (holds, what) => until(() => holds(upstream), what),
    close: async () => {
      for (const connection of connections) connection.socket.resume()
      await until(() => connections.every((connection) => connection.isClosed()), "the proxy's connections are closed")
      await new Promise<void>((done) => void server.close(() => done()))
    }
  }
  return upstream
}

/** Answers each whole request by these in order, the last of them again and again. */
export const answering = (...answers: ReadonlyArray<Wire.Wire>): Behaviour => ({
  onWhole: (connection, _, index) => connection.send(answers[Math.min(index, answers.length - 1)] ?? "")
})
