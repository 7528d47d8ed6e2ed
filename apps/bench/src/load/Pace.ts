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

/** How long each right answer took from when its request was due, in milliseconds, how many there were in a second, and how many were not right. */
export interface Outcome {
  readonly millis: ReadonlyArray<number>
  readonly refused: number
  readonly perSecond: number
}

const connections = 64
const tickMillis = 2
const requestTimeout = 408
/** The status of what was done before. */
const repeated = 200
/** A server that closes so many connections without an answer in between answers nobody. */
const maxClosed = 10 * connections

/** A request that is due, and since when. One that is sent again may have been heard the first time. */
interface Due {
  readonly index: number
  readonly dueAt: number
  readonly isRepeat: boolean
}

/**
 * An open loop over raw sockets: a request that finds no connection free waits, and its wait counts. A connection that the server
 * closes, as it does where one was idle, is opened anew, and what was on its way by it is sent again.
 */
export const drive = (aim: Aim): Promise<Outcome> =>
  new Promise((done, fail) => {
    const millis: Array<number> = []
    const waiting: Array<Due> = []
    let free: Array<(due: Due) => void> = []
    const sockets = new Set<Socket>()
    const begin = performance.now()
    const total = Math.round(aim.perSecond * aim.seconds)
    let [next, answered, refused, closed] = [0, 0, 0, 0]
    const serve = () => {
      while (waiting.length > 0 && free.length > 0) {
        const due = waiting.shift()
        const send = free.pop()
        if (due !== undefined) send?.(due)
      }
    }
    const end = () => {
      clearInterval(ticking)
      for (const socket of sockets) socket.removeAllListeners("close").destroy()
    }
    const ticking = setInterval(() => {
      const now = performance.now()
      for (; next < total && begin + (next * 1000) / aim.perSecond <= now; next++)
        waiting.push({ index: next, dueAt: begin + (next * 1000) / aim.perSecond, isRepeat: false })
      serve()
      if (answered < total) return
      end()
      done({ millis, refused, perSecond: (1000 * millis.length) / (performance.now() - begin) })
    }, tickMillis)
    const open = () => {
      const socket = connect({ port: aim.port, host: "127.0.0.1", noDelay: true })
      sockets.add(socket)
      let bytes: Buffer = Buffer.alloc(0)
      let sent: Due | undefined
      let isOpen = false
      const send = (due: Due) => {
        sent = due
        socket.write(aim.request(due.index))
      }
      socket.once("connect", () => {
        isOpen = true
        free.push(send)
      })
      socket.on("data", (chunk) => {
        // It was idle for too long, and is closed now.
        if (sent === undefined) return
        bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
        const status = Number(bytes.toString("latin1", 9, 12))
        const answer = status === requestTimeout ? undefined : Wire.whole(bytes)
        if (answer === undefined) return
        answered += 1
        closed = 0
        if (status === aim.status || (sent.isRepeat && status === repeated)) {
          millis.push(performance.now() - sent.dueAt)
          aim.onAnswer(bytes.toString("utf8", answer.body, answer.end))
        } else refused += 1
        bytes = bytes.subarray(answer.end)
        sent = undefined
        free.push(send)
        serve()
      })
      socket.once("error", (error) => {
        if (isOpen) return
        end()
        fail(error)
      })
      socket.once("close", () => {
        sockets.delete(socket)
        free = free.filter((other) => other !== send)
        if (sent !== undefined) waiting.unshift({ ...sent, isRepeat: true })
        closed += 1
        if (closed <= maxClosed) return open()
        end()
        fail(new Error("The server closes every connection."))
      })
    }
    for (let count = 0; count < connections; count++) open()
  })
