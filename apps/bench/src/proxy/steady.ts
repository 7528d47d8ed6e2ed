import { connect, type Socket } from "node:net"
import * as Wire from "../load/Wire.ts"

/** What is asked for, and how often, whatever the answers do. */
export interface Aim {
  readonly port: number
  readonly perSecond: number
  readonly seconds: number
  readonly request: Buffer
}

interface Line {
  readonly socket: Socket
  bytes: Buffer
  sentAt: number
}

const nanosPerMilli = 1e6

/**
 * An open loop: call `n` goes out at its time on the schedule, on a connection that has nothing to do or on a new one.
 * Answers how long each took from its first byte out to its last one in, in nanoseconds, sorted; fails at an answer that
 * is not 200.
 */
export const drive = ({ port, perSecond, seconds, request }: Aim): Promise<Float64Array> =>
  new Promise((done, fail) => {
    const total = Math.round(perSecond * seconds)
    const nanos: Array<number> = []
    const idle: Array<Line> = []
    const all = new Set<Socket>()
    const finish = (error?: Error) => {
      clearTimeout(timer)
      for (const socket of all) socket.destroy()
      if (error === undefined) done(Float64Array.from(nanos).sort())
      else fail(error)
    }
    const received = (line: Line, chunk: Buffer) => {
      line.bytes = line.bytes.length === 0 ? chunk : Buffer.concat([line.bytes, chunk])
      const answer = Wire.whole(line.bytes)
      if (answer === undefined) return
      nanos.push((performance.now() - line.sentAt) * nanosPerMilli)
      const status = line.bytes.toString("latin1", 9, 12)
      if (status !== "200") return finish(new Error(`An answer was ${status}.`))
      line.bytes = line.bytes.subarray(answer.end)
      idle.push(line)
      if (nanos.length === total) finish()
    }
    const write = (line: Line) => {
      line.sentAt = performance.now()
      line.socket.write(request)
    }
    const open = () => {
      const line: Line = {
        socket: connect({ port, host: "127.0.0.1", noDelay: true }),
        bytes: Buffer.alloc(0),
        sentAt: 0
      }
      all.add(line.socket)
      line.socket.once("connect", () => write(line))
      line.socket.on("data", (chunk) => received(line, chunk))
      line.socket.once("error", finish)
      line.socket.once("close", () => fail(new Error("A connection was closed in the middle.")))
    }
    const begin = performance.now()
    let sent = 0
    let timer: NodeJS.Timeout
    const tick = () => {
      while (sent < total && performance.now() >= begin + (sent * 1000) / perSecond) {
        sent++
        const line = idle.pop()
        if (line === undefined) open()
        else write(line)
      }
      if (sent < total) timer = setTimeout(tick, Math.max(0, begin + (sent * 1000) / perSecond - performance.now()))
    }
    timer = setTimeout(tick, 0)
  })
