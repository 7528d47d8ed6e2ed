import * as World from "../faults/World.ts"
import * as Load from "../load/Load.ts"
import * as Site from "../load/Site.ts"

/** A gateway that takes orders of the mapped vendor, under load. */
export interface Whole {
  /** The processor time of the gateway for one create, in microseconds, over a turn. */
  readonly turn: (seconds: number) => Promise<number>
  readonly close: () => Promise<void>
}

const connections = 32
const numbersPerTurn = 1_000_000

const body = JSON.stringify({
  vendor: "platform",
  businessNo: "POLICY-2026-0001",
  amount: { value: "12.34", currency: "CNY" },
  method: "ALIPAY",
  source: "WEB",
  description: "Travel insurance, 3 days",
  returnUrl: "http://127.0.0.1:4020/done"
})

const create = (key: string, idempotencyKey: string): string =>
  `POST /v1/orders HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${key}\r\nidempotency-key: ${idempotencyKey}\r\n` +
  `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** Brings up gateway, database and platform. */
export const start = async (isMariaDb: boolean): Promise<Whole> => {
  const world = await World.start({ isMariaDb, isCalm: true })
  try {
    const [gateway] = world.gateways
    if (gateway === undefined) throw new Error("There is no gateway.")
    const running = await gateway.up()
    const { url = "" } = await running.ready
    const port = Number(new URL(url).port)
    const key = world.keys.get("shop") ?? ""
    let turns = 0
    const turn = async (seconds: number) => {
      const first = turns++ * numbersPerTurn
      const before = Site.cpuSeconds(running.pid)
      const request = (index: number) => create(key, `vendors-${index}`)
      const { nanos } = await Load.drive({ port, connections, seconds, request, status: 201 }, first)
      return ((Site.cpuSeconds(running.pid) - before) * 1e6) / nanos.length
    }
    return { turn, close: world.close }
  } catch (error) {
    await world.close()
    throw error
  }
}
