import { connect, type Socket } from "node:net"

/** How long after a change's own time its event reached its waiter, in milliseconds. */
export type Delays = ReadonlyArray<number>

/** Clients that each follow one order's events on a connection of its own. */
export interface Followers {
  /** Waits until each of them has been told of this many events. */
  readonly told: (count: number) => Promise<void>
  /** What came since it was asked last. */
  readonly delays: () => Delays
  readonly leave: () => void
}

/** An order, and the key of its app. */
export interface Order {
  readonly payOrderNo: string
  readonly key: string
}

interface Waiter {
  readonly socket: Socket
  count: number
}

const opening = 50
const timeForm = /"timestamp":"([^"]+)"/g

const request = ({ payOrderNo, key }: Order): string =>
  `GET /v1/orders/${payOrderNo}/events HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\nauthorization: Bearer ${key}\r\n\r\n`

const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

/** Opens one stream for each order, at most 50 at a time. */
export const open = async (port: number, orders: ReadonlyArray<Order>): Promise<Followers> => {
  const waiters: Array<Waiter> = []
  let delays: Array<number> = []
  const one = (order: Order): Promise<void> =>
    new Promise((done, fail) => {
      const socket = connect(port, "127.0.0.1")
      const waiter: Waiter = { socket, count: 0 }
      socket.setEncoding("utf8").on("data", (text: unknown) => {
        const nowMillis = Date.now()
        for (const [, time = ""] of String(text).matchAll(timeForm)) {
          waiter.count += 1
          delays.push(nowMillis - Date.parse(time))
        }
        if (!String(text).startsWith("HTTP/1.1 200") && waiter.count === 0) fail(new Error(String(text)))
        else done()
      })
      socket.once("error", fail)
      socket.write(request(order))
      waiters.push(waiter)
    })
  for (let from = 0; from < orders.length; from += opening)
    await Promise.all(orders.slice(from, from + opening).map(one))
  const told = async (count: number): Promise<void> => {
    const until = Date.now() + 60_000
    while (waiters.some((waiter) => waiter.count < count)) {
      if (Date.now() > until) throw new Error("Somebody was not told.")
      await sleep(50)
    }
  }
  return {
    told,
    delays: () => {
      const since = delays
      delays = []
      return since
    },
    leave: () => {
      for (const { socket } of waiters) socket.destroy()
    }
  }
}
