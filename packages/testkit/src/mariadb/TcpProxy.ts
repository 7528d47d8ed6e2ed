import { connect, createServer, type Server, type Socket } from "node:net"

/** What becomes of a command on its way to the server. */
export type Fate =
  | "pass"
  /** The connection is reset, and the server never sees it. */
  | "lost"
  /** The server gets it; the connection is reset before anything of its answer comes back. */
  | "unanswered"
  /** The server gets it; in place of its answer comes an error of a proxy that has lost its server (2013). */
  | "disowned"

const headerBytes = 4

/** An error as a server tells it: number 2013, HY000. */
const lostServer = (() => {
  const said = Buffer.from([0xff, 2013 & 0xff, 2013 >> 8, ...Buffer.from("#HY000Lost connection to the server")])
  return Buffer.concat([Buffer.from([said.length, 0, 0, 1]), said])
})()
/** COM_QUERY and COM_STMT_EXECUTE, the commands that do something. */
const commands: ReadonlySet<number> = new Set([0x03, 0x17])

const sleep = (millis: number) => new Promise<void>((done) => setTimeout(done, millis))

/** A client's whole packets, as they come; the first of a command has the sequence number 0. */
const packetsOf = (take: (packet: Buffer, isCommand: boolean) => void) => {
  let rest = Buffer.alloc(0)
  return (chunk: Buffer): void => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= headerBytes) {
      const end = headerBytes + rest.readUIntLE(0, 3)
      if (rest.length < end) return
      const packet = rest.subarray(0, end)
      rest = rest.subarray(end)
      take(packet, packet[3] === 0 && commands.has(packet[headerBytes] ?? 0))
    }
  }
}

/** Stands between us and the database on 127.0.0.1, and lets the network fail: slow, sliced, dark, cut, or at one command. */
export class TcpProxy {
  readonly port: number
  /** Each way. */
  latencyMillis = 0
  /** At most so many bytes in one piece; 0: as they come. */
  sliceBytes = 0
  /** What becomes of each command; `text` is its SQL, or the number of its prepared statement. */
  fate: (text: string) => Fate = () => "pass"
  /** How many commands were lost or not answered. */
  fired = 0
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #dark: Promise<void> | undefined
  #light: () => void = () => {}

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  /** A proxy for the server at a port. */
  static start(target: () => number): Promise<TcpProxy> {
    return new Promise((done, fail) => {
      const server = createServer({ allowHalfOpen: false })
      server.once("error", fail)
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const proxy = new TcpProxy(server, typeof address === "object" && address !== null ? address.port : 0)
        server.on("connection", (client) => proxy.#join(client, connect(target(), "127.0.0.1")))
        done(proxy)
      })
    })
  }

  get connections(): number {
    return this.#pairs.size
  }

  /** Nothing goes through any more, and nobody is told. */
  darken(): void {
    if (this.#dark === undefined)
      this.#dark = new Promise((light) => {
        this.#light = light
      })
  }

  /** All goes through again, what was held up first. */
  lighten(): void {
    this.#dark = undefined
    this.#light()
  }

  /** Resets every connection. */
  cut(): void {
    for (const [client, server] of this.#pairs) {
      client.resetAndDestroy()
      server.destroy()
    }
  }

  /** Ends it and every connection through it. */
  close(): Promise<void> {
    this.lighten()
    this.cut()
    return new Promise((done) => this.#server.close(() => done()))
  }

  #join(client: Socket, server: Socket): void {
    const pair = [client, server] as const
    this.#pairs.add(pair)
    const end = () => {
      this.#pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    for (const socket of pair) {
      socket.setNoDelay(true)
      socket.on("error", end)
      socket.on("close", end)
    }
    let isDeaf = false
    let isDisowned = false
    const toServer = this.#line(server)
    const toClient = this.#line(client)
    client.on(
      "data",
      packetsOf((packet, isCommand) => {
        const fate = isCommand ? this.fate(packet.toString("utf8", headerBytes + 1)) : "pass"
        if (fate !== "pass") this.fired += 1
        if (fate === "lost") {
          client.resetAndDestroy()
          return
        }
        if (fate === "unanswered") isDeaf = true
        if (fate === "disowned") isDisowned = true
        toServer(packet)
      })
    )
    server.on("data", (chunk) => {
      if (isDeaf) client.resetAndDestroy()
      else if (isDisowned) client.end(lostServer)
      else toClient(chunk)
    })
  }

  /** Writes in order, as slow as the network is at the time. */
  #line(socket: Socket): (bytes: Buffer) => void {
    let before: Promise<void> = Promise.resolve()
    const send = async (bytes: Buffer) => {
      while (this.#dark !== undefined) await this.#dark
      if (this.latencyMillis > 0) await sleep(this.latencyMillis)
      const size = this.sliceBytes === 0 ? bytes.length : this.sliceBytes
      for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
        socket.write(bytes.subarray(at, at + size))
        if (size < bytes.length) await sleep(0)
      }
    }
    return (bytes) => {
      before = before.then(() => send(bytes))
    }
  }
}
