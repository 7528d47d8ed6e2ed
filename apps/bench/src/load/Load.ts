import { connect, type Socket } from "node:net"
import * as Wire from "./Wire.ts"

/** What is asked for, how, and how often at the same time. */
export interface Aim {
  readonly port: number
  readonly connections: number
  readonly seconds: number
  /** The whole request with this number, as it goes out. */
  readonly request: (index: number) => string | Buffer
  /** The status of a right answer. */
  readonly status: number
  /** Told the body of each right answer. */
  readonly onAnswer?: (body: string) => void
}

/** What came back. */
export interface Outcome {
  readonly perSecond: number
  /** How long each right answer took, in nanoseconds. */
  readonly nanos: Float64Array
}

const maxSamples = 2_000_000
const nanosPerMilli = 1e6
/**
 * A closed loop over raw sockets: each connection sends its next request when it has the answer to the last one, so that
 * the load costs as little as it can. Fails at the first answer that is not right.
 */
export const drive = async (aim: Aim, first: number): Promise<Outcome> => {
  const nanos = new Float64Array(maxSamples)
  let answered = 0
  let next = first
  const begin = performance.now()
  const end = begin + aim.seconds * 1000
  const one = () =>
    new Promise<void>((done, fail) => {
      const socket: Socket = connect({ port: aim.port, host: "127.0.0.1", noDelay: true })
      let bytes: Buffer = Buffer.alloc(0)
      let sentAt = 0
      const send = () => {
        sentAt = performance.now()
        if (sentAt >= end) {
          socket.destroy()
          return done()
        }
        socket.write(aim.request(next++))
      }
      socket.once("connect", send)
      socket.on("data", (chunk) => {
        bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
        const answer = Wire.whole(bytes)
        if (answer === undefined) return
        const now = performance.now()
        if (Number(bytes.toString("latin1", 9, 12)) !== aim.status)
          return fail(new Error(`An answer was not right:\n${bytes.toString("utf8", 0, answer.end)}`))
        if (now <= end && answered < maxSamples) nanos[answered++] = (now - sentAt) * nanosPerMilli
        aim.onAnswer?.(bytes.toString("utf8", answer.body, answer.end))
        bytes = bytes.subarray(answer.end)
        send()
      })
      socket.once("error", fail)
      socket.once("close", () => fail(new Error("A connection was closed in the middle.")))
    })
  await Promise.all(Array.from({ length: aim.connections }, one))
  return { perSecond: answered / aim.seconds, nanos: nanos.slice(0, answered) }
}
