import type { Socket } from "node:net"
import { connect } from "node:net"
import * as Wire from "./wire.ts"

/** How long anything is waited for. */
export const patienceMillis = 10_000

/** Lets tests wait until something holds, without asking again and again. */
export interface Watch {
  readonly changed: () => void
  /** Fails after `patienceMillis` with what was missed. */
  readonly until: (holds: () => boolean, what: string) => Promise<void>
}

export const watch = (): Watch => {
  const waiting = new Set<() => void>()
  return {
    changed: () => {
      for (const look of [...waiting]) look()
    },
    until: (holds, what) =>
      new Promise((done, fail) => {
        if (holds()) return done()
        const timer = setTimeout(() => {
          waiting.delete(look)
          fail(new Error(`After ${patienceMillis} ms still not: ${what}`))
        }, patienceMillis)
        const look = (): void => {
          if (!holds()) return
          clearTimeout(timer)
          waiting.delete(look)
          done()
        }
        waiting.add(look)
      })
  }
}

/** How the other side ended: by saying that this is all (FIN), or by breaking off (RST). */
export type End = "fin" | "reset"

/** One end of a raw connection, and what came in on it. */
export interface Line {
  readonly socket: Socket
  readonly received: () => Buffer
  readonly end: () => End | undefined
  readonly isClosed: () => boolean
  readonly until: Watch["until"]
}

/** Keeps what comes in, unless `isKept` says otherwise; `heard` is told of each piece. */
export const line = (socket: Socket, heard: (piece: Buffer) => void = () => undefined, isKept = true): Line => {
  const { changed, until } = watch()
  let received: Buffer = Buffer.alloc(0)
  let end: End | undefined
  let isClosed = false
  socket.on("data", (piece: Buffer) => {
    if (isKept) received = Buffer.concat([received, piece])
    heard(piece)
    changed()
  })
  socket.on("end", () => {
    end ??= "fin"
    changed()
  })
  socket.on("error", () => {
    end ??= "reset"
    changed()
  })
  socket.on("close", () => {
    isClosed = true
    changed()
  })
  return { socket, received: () => received, end: () => end, isClosed: () => isClosed, until }
}

/** A client that says what it likes. */
export interface Client extends Line {
  readonly send: (...parts: ReadonlyArray<Wire.Wire>) => void
  /** Done when the proxy has ended the connection. */
  readonly ended: () => Promise<void>
  /** Done when so many answers are whole, interim ones among them. */
  readonly answered: (count: number) => Promise<ReadonlyArray<Wire.Message>>
  /** What has come so far, read for these methods. */
  readonly reading: (...methods: ReadonlyArray<string>) => Wire.Reading
  /** Closes at once, with whatever is still under way. */
  readonly leave: () => void
}

export const client = async (port: number, host = "127.0.0.1"): Promise<Client> => {
  const socket = connect({ port, host, noDelay: true })
  const own = line(socket)
  await new Promise<void>((done, fail) => {
    socket.once("connect", done)
    socket.once("error", fail)
  })
  const reading: Client["reading"] = (...methods) => Wire.answers(own.received(), methods, own.end() === "fin")
  const whole = () => reading().messages.filter(({ isWhole }) => isWhole)
  return {
    ...own,
    reading,
    send: (...parts) => {
      for (const part of parts) socket.write(Wire.bytes(part))
    },
    ended: () => own.until(() => own.end() !== undefined || own.isClosed(), "the connection ends"),
    answered: async (count) => {
      await own.until(() => whole().length >= count, `${count} answers`)
      return whole()
    },
    leave: () => socket.destroy()
  }
}
