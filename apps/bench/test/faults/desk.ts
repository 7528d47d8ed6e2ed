import { createConnection } from "mysql2/promise"
import type { Order } from "../../src/faults/Client.ts"
import * as Traffic from "../../src/faults/Traffic.ts"
import type * as World from "../../src/faults/World.ts"

const limitMillis = 20_000
const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

/** What the platform is told to do wrong. */
export interface Fault {
  readonly on: string
  readonly fault: string
  readonly [knob: string]: unknown
}

/** What of an order the rows look at. */
export interface Shown {
  readonly payOrderNo: string
  readonly status: string
  readonly inDoubt: boolean
  readonly next: unknown
}

/** What the rows of the fault page ask of a world. */
export const desk = (world: () => World.World, chance: () => number) => {
  const fail = (...faults: ReadonlyArray<Fault>) => world().platform("PUT", "/_faults", faults)

  /** How often each of the faults happened. */
  const fired = async (): Promise<ReadonlyArray<number>> =>
    ((await world().platform("GET", "/_faults")) as ReadonlyArray<{ readonly fired: number }>).map(
      (fault) => fault.fired
    )

  const placed = async (order: Order = Traffic.order(chance)) => {
    const response = await world().client.call("POST", "/v1/orders", order.app, {
      body: JSON.stringify(order.body),
      headers: { "idempotency-key": order.key }
    })
    return { order, status: response.status, shown: (await response.json()) as Shown }
  }

  const now = async (app: string, payOrderNo: string, query = ""): Promise<Shown> => {
    const response = await world().client.call("GET", `/v1/orders/${payOrderNo}${query}`, app)
    return (await response.json()) as Shown
  }

  /** The order once it is in this state. */
  const until = async (app: string, payOrderNo: string, status: string): Promise<Shown> => {
    const end = Date.now() + limitMillis
    for (;;) {
      const shown = await now(app, payOrderNo)
      if (shown.status === status) return shown
      if (Date.now() > end) throw new Error(`It is ${shown.status} after ${limitMillis} ms, not ${status}.`)
      await sleep(100)
    }
  }

  const history = async (app: string, payOrderNo: string) => {
    const response = await world().client.call("GET", `/v1/orders/${payOrderNo}/history`, app)
    const { items } = (await response.json()) as {
      readonly items: ReadonlyArray<{ readonly status: string; readonly cause: string }>
    }
    return items.map(({ status, cause }) => [status, cause])
  }

  const payments = async (payOrderNo: string) =>
    (await world().sources()).ledger.payments.filter(({ number }) => number === payOrderNo).length

  const events = (payOrderNo: string, state: string) =>
    new Set(
      world()
        .sink.got.filter((got) => got.payOrderNo === payOrderNo && got.body.includes(`"type":"order.${state}"`))
        .map(({ eventId }) => eventId)
    ).size

  const pay = (payOrderNo: string) => world().platform("POST", `/_payments/${payOrderNo}/pay`)

  /** A statement by who may do everything. */
  const admin = async (
    sql: string,
    database = "payment_proxy"
  ): Promise<ReadonlyArray<{ readonly [column: string]: unknown }>> => {
    const connection = await createConnection({ uri: world().database?.server.url(database, "admin") ?? "" })
    try {
      const [rows] = await connection.query(sql)
      return Array.isArray(rows) ? (rows as ReadonlyArray<{ readonly [column: string]: unknown }>) : []
    } finally {
      connection.destroy()
    }
  }

  return { fail, fired, placed, now, until, history, payments, events, pay, admin }
}
