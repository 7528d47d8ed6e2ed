import type { IncomingMessage } from "node:http"

const maxBodyBytes = 64 * 1024

/** The body of a request of at most 64 KB; `undefined` where it is longer, of which the rest is read and dropped. */
export const readBody = (request: IncomingMessage): Promise<Buffer | undefined> =>
  new Promise((done, fail) => {
    const chunks: Array<Buffer> = []
    let size = 0
    request.on("data", (chunk: Buffer) => {
      size += chunk.length
      if (size <= maxBodyBytes) chunks.push(chunk)
      else done(undefined)
    })
    request.once("end", () => done(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
    request.once("error", fail)
  })

/** Whether a client left in the middle of its request: it has asked for nothing. */
export const isGone = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  (error.code === "ECONNRESET" || error.code === "ERR_STREAM_PREMATURE_CLOSE")

/** The JSON in a body; `undefined` where it is none. */
export const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString("utf8"))
  } catch {
    return undefined
  }
}
