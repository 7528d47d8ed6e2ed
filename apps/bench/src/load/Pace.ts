import { connect, type Socket } from "node:net"
import * as Wire from "./Wire.ts"

/** What is asked for at a steady rate, however long answers take. */
export interface Aim {
  readonly port: number
  readonly perSecond: number
  readonly seconds: number
  /** The whole request with this number, as it goes out. */
  readonly request: (index: number) => string
  /** The status of a right answer. */
  readonly status: number
  /** Told the body of each right answer. */
  readonly onAnswer: (body: string) => void
}

/** How long each answer took from when its request was due, in milliseconds, and how many were not right. */
export interface Outcome {
  readonly millis: ReadonlyArray<number>
  readonly refused: number
  readonly perSecond: number
}

const connections = 64
const tickMillis = 2

/** An open loop over raw sockets: a request that finds no connection free waits, and its wait counts. */
export const drive = (aim: Aim): Promise<Outcome> =>
  new Promise((done, fail) => {
    const millis: Array<number> = []
    const waiting: Array<{ readonly index: number; readonly dueAt: number }> = []
    const free: Array<(index: number, dueAt: number) => void> = []
    const sockets: Array<Socket> = []
    const begin = performance.now()
    const total = Math.round(aim.perSecond * aim.seconds)
    let [next, answered, refused] = [0, 0, 0]
    const serve = () => {
      while (waiting.length > 0 && free.length > 0) {
        const one = waiting.shift()
        const send = free.pop()
        if (one !== undefined) send?.(one.index, one.dueAt)
      }
    }
    const ticking = setInterval(() => {
      const now = performance.now()
      for (; next < total && begin + (next * 1000) / aim.perSecond <= now; next++)
        waiting.push({ index: next, dueAt: begin + (next * 1000) / aim.perSecond })
      serve()
      if (answered < total) return
      clearInterval(ticking)
      for (const socket of sockets) socket.destroy()
      done({ millis, refused, perSecond: (1000 * answered) / (performance.now() - begin) })
    }, tickMillis)
    const open = () => {
      const socket = connect({ port: aim.port, host: "127.0.0.1", noDelay: true })
      sockets.push(socket)
      let bytes: Buffer = Buffer.alloc(0)
      let sentFor = 0
      const send = (index: number, dueAt: number) => {
        sentFor = dueAt
        socket.write(aim.request(index))
      }
      socket.once("connect", () => free.push(send))
      socket.on("data", (chunk) => {
        bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
        const answer = Wire.whole(bytes)
        if (answer === undefined) return
        answered += 1
        if (Number(bytes.toString("latin1", 9, 12)) === aim.status) {
          millis.push(performance.now() - sentFor)
          aim.onAnswer(bytes.toString("utf8", answer.body, answer.end))
        } else refused += 1
        bytes = bytes.subarray(answer.end)
        free.push(send)
        serve()
      })
      socket.once("error", (error) => {
        clearInterval(ticking)
        fail(error)
      })
    }
    for (let count = 0; count < connections; count++) open()
  })
