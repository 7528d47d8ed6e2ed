import { Agent, request as asked } from "node:http"
import { connect } from "node:net"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** An answer, as its bytes came; header names keep their case in `rawHeaders`. */
export interface Answer {
  readonly status: number
  readonly rawHeaders: ReadonlyArray<string>
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: Buffer
}

export interface Init {
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string | Uint8Array
}

const agent = new Agent({ keepAlive: true, maxSockets: 1000 })

/** One call by HTTP/1.1, nothing of it decoded or followed. */
export const ask = (url: string, method: string, path: string, { headers = {}, body }: Init = {}): Promise<Answer> =>
  new Promise((done, fail) => {
    const isChunked = headers["transfer-encoding"] !== undefined
    const length = body === undefined || isChunked ? {} : { "content-length": String(Buffer.byteLength(body)) }
    const request = asked(`${url}${path}`, { method, agent, headers: { ...headers, ...length } }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("error", fail)
      response.on("end", () => {
        const { statusCode = 0, rawHeaders, headers: all } = response
        done({ status: statusCode, rawHeaders, headers: all as Answer["headers"], body: Buffer.concat(chunks) })
      })
    })
    request.on("error", fail)
    request.end(body)
  })

/** The JSON of an answer. */
export const json = <A = { readonly [name: string]: unknown }>({ body }: Answer): A =>
  JSON.parse(body.toString("utf8")) as A

/** The code of a problem, with its status. */
export const problem = (answer: Answer): readonly [status: number, code: unknown] => [
  answer.status,
  json(answer)["code"]
]

/** What a connection gave back, until it ended. */
export interface Raw {
  readonly text: string
  readonly status: number
  readonly code: string | undefined
  /** How many answers came. */
  readonly answers: number
}

const limitMillis = 10_000

/** What came over a connection so far, as it is judged. */
export const judged = (text: string): Raw => ({
  text,
  status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
  code: /"code":"([A-Z_]+)"/.exec(text)?.[1],
  answers: text.match(/HTTP\/1\.1 [2-5]\d\d /g)?.length ?? 0
})

/** Sends bytes as they are, in these parts, and answers what came until the other side ended the connection. */
export const raw = (url: string, ...parts: ReadonlyArray<string | Uint8Array>): Promise<Raw> =>
  new Promise((done, fail) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    let text = ""
    const timer = setTimeout(() => {
      socket.destroy()
      fail(new Error(`No end within ${limitMillis} ms: ${text}`))
    }, limitMillis)
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1")
    })
    socket.on("error", () => undefined)
    socket.on("close", () => {
      clearTimeout(timer)
      done(judged(text))
    })
    for (const part of parts) socket.write(part)
  })

/** A head of these lines. */
export const head = (...lines: ReadonlyArray<string>): string => `${lines.join("\r\n")}\r\n\r\n`

/** For so long. */
export const rest = (millis: number): Promise<void> => new Promise((done) => setTimeout(done, millis))

/** Looks until it is as wanted, at most ten seconds; then it answers what it is. */
export const until = async <A>(look: () => A | Promise<A>, isWanted: (seen: A) => boolean): Promise<A> => {
  const end = performance.now() + limitMillis
  for (;;) {
    const seen = await look()
    if (isWanted(seen) || performance.now() > end) return seen
    await rest(20)
  }
}

setFlagsFromString("--expose-gc")
const collect: (how: { readonly type: "minor" | "major" }) => void = runInNewContext("gc")

/** By how many MB the memory of this process grew at most while `work` went on; what nobody holds any more is let go of meanwhile. */
export const grownBy = async (work: () => Promise<unknown>): Promise<number> => {
  collect({ type: "minor" })
  const before = process.memoryUsage.rss()
  let most = before
  const look = () => {
    collect({ type: "minor" })
    most = Math.max(most, process.memoryUsage.rss())
  }
  const looking = setInterval(look, 100)
  await work()
  look()
  clearInterval(looking)
  return (most - before) / 1024 ** 2
}

/** By how many MB what this process holds grew at most while `work` went on, all that nobody holds any more let go of. */
export const heldBy = async (work: () => Promise<unknown>): Promise<number> => {
  const held = () => {
    collect({ type: "major" })
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const before = held()
  let most = before
  const looking = setInterval(() => {
    most = Math.max(most, held())
  }, 250)
  await work()
  most = Math.max(most, held())
  clearInterval(looking)
  return (most - before) / 1024 ** 2
}
