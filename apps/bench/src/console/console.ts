import { loadavg } from "node:os"
import { Effect } from "effect"
import { createConnection } from "mysql2/promise"
import type { Arguments } from "../Arguments.ts"
import * as World from "../faults/World.ts"
import * as Pace from "../load/Pace.ts"
import * as Site from "../load/Site.ts"
import type { Printed } from "../Printed.ts"
import * as Report from "../Report.ts"
import { fill } from "../search/fill.ts"
import { filters } from "../search/filters.ts"
import { numbersOf } from "../search/search.ts"
import * as Browser from "./Browser.ts"
import * as Crowd from "./Crowd.ts"

const usualRows = 1_000_000
const usualRate = 500
const payEvery = 10
const expectedSearchMillis = 300
const expectedGapMillis = 2500
/** What of the creates that are asked for in a second must be answered in one, also where operators look on. */
const expectedBorne = 0.95
const password = "throwaway words, long enough"
const app = "shop"

const tell = (line: string): void => console.log(line)

const body = JSON.stringify({
  vendor: "platform",
  amount: { value: "12.34", currency: "CNY" },
  method: "ALIPAY",
  source: "WEB",
  description: "Travel insurance, 3 days",
  returnUrl: "http://127.0.0.1:4020/done"
})

const post = (key: string, idempotencyKey: string): string =>
  `POST /v1/orders HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${key}\r\nidempotency-key: ${idempotencyKey}\r\n` +
  `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

const at = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return Number((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1))
}
const quantiles = (values: ReadonlyArray<number>) => ({
  count: values.length,
  p50Millis: at(values, 0.5),
  p99Millis: at(values, 0.99)
})

/** A world whose database has `rows` orders of before. */
const filled = async (rows: number, seed: number) => {
  const world = await World.start({
    isMariaDb: true,
    isCalm: true,
    workers: 1,
    environmentOf: { "gateway 0": { PAYMENT_PROXY_ADMIN_PORT: "0" } }
  })
  if (world.database === undefined) throw new Error("There is no database.")
  const link = await createConnection({ uri: world.database.server.url("payment_proxy", "admin") })
  await fill(link, rows, seed, tell)
  await link.query("ANALYZE TABLE payment_proxy_order")
  const numbers = await numbersOf(link)
  link.destroy()
  const words = ["operators", "create", "bench", "--role", "administrator", "--password-env", "WORDS"]
  await world.command([...words, "--operator", "root"], { WORDS: password })
  return { world, numbers }
}

const shown = (all: ReadonlyMap<string, ReadonlyArray<number>>) =>
  [...all].map(([name, values]) => ({ name, ...quantiles(values) }))

/** What one crowd saw and another, together. */
const together = (all: ReadonlyArray<Crowd.Seen>) => {
  const took = new Map<string, Array<number>>()
  for (const seen of all) for (const [name, values] of seen.took) took.set(name, [...(took.get(name) ?? []), ...values])
  return {
    overviewGap: {
      ...quantiles(all.flatMap(({ gaps }) => gaps)),
      maxMillis: at(
        all.flatMap(({ gaps }) => gaps),
        1
      )
    },
    overviewBehind: quantiles(all.flatMap(({ behind }) => behind)),
    asked: shown(took),
    orderChanges: all.reduce((sum, { changes }) => sum + changes.count, 0),
    exportedBytes: all.reduce((sum, { exported }) => sum + exported.bytes, 0),
    faults: all.flatMap(({ faults }) => faults)
  }
}

/** Turns of the same load without and with operators who look on. */
const measured = async ({ seconds, times, seed, rows = usualRows, rate = usualRate }: Arguments) => {
  const { world, numbers } = await filled(rows, seed)
  try {
    const ours = await world.gateways[0]?.up()
    await Promise.all(world.workers.map((worker) => worker.up()))
    if (ours === undefined) throw new Error("There is no gateway.")
    const ready = await ours.ready
    const browser = await Browser.signIn(ready["admin"] ?? "", "bench", password)
    const port = Number(new URL(ready["url"] ?? "").port)
    const key = world.keys.get(app) ?? ""
    const answered: Array<number> = []
    let [newest, turns, paid] = ["", 0, 0]
    const onAnswer = (text: string) => {
      answered.push(performance.now())
      newest = (JSON.parse(text) as { readonly payOrderNo: string }).payOrderNo
      if (answered.length % payEvery !== 0) return
      const pay = world.platform("POST", `/_payments/${newest}/pay`)
      pay.then(
        () => paid++,
        () => {}
      )
    }
    const turn = (forSeconds: number) => {
      const name = `turn-${turns++}`
      const request = (index: number) => post(key, `${name}-${index}`)
      return Pace.drive({ port, perSecond: rate, seconds: forSeconds, request, status: 201, onAnswer })
    }
    await turn(3)
    const alone: Array<Pace.Outcome> = []
    const watched: Array<Pace.Outcome> = []
    const crowds: Array<Crowd.Seen> = []
    const pids = {
      gateway: ours.pid,
      database: world.database?.server.pid ?? 0,
      worker: world.workers[0]?.process?.pid ?? 0
    }
    /** Processor time for each answered create, in milliseconds: also of what looks on. */
    const cpuMillis = {
      alone: { gateway: 0, database: 0, worker: 0 },
      watched: { gateway: 0, database: 0, worker: 0 }
    }
    const eventsPerSecond = { alone: 0, watched: 0 }
    const costing = async (kind: keyof typeof cpuMillis, act: () => Promise<Pace.Outcome>) => {
      const processes = ["gateway", "database", "worker"] as const
      const before = processes.map((one) => Site.cpuSeconds(pids[one]))
      const [delivered, begin] = [world.sink.got.length, performance.now()]
      const outcome = await act()
      for (const [index, one] of processes.entries())
        cpuMillis[kind][one] +=
          (1000 * (Site.cpuSeconds(pids[one]) - (before[index] ?? 0))) / outcome.millis.length / times
      eventsPerSecond[kind] += ((world.sink.got.length - delivered) * 1000) / (performance.now() - begin) / times
      return outcome
    }
    const rss = { aloneMib: 0, watchedMib: 0 }
    const load = loadavg()[0]
    for (let time = 0; time < times; time++) {
      alone.push(await costing("alone", () => turn(seconds)))
      rss.aloneMib = Math.max(rss.aloneMib, Math.round(Site.rssMib(ours.pid)))
      const end = new AbortController()
      const sights = { filters: filters(numbers), answered, newest: () => newest }
      const crowd = Crowd.work(browser, sights, end.signal)
      watched.push(await costing("watched", () => turn(seconds)))
      rss.watchedMib = Math.max(rss.watchedMib, Math.round(Site.rssMib(ours.pid)))
      end.abort()
      crowds.push(await crowd)
    }
    const creates = (outcomes: ReadonlyArray<Pace.Outcome>) => ({
      ...quantiles(outcomes.flatMap(({ millis }) => millis)),
      refused: outcomes.reduce((sum, { refused }) => sum + refused, 0),
      perSecond: Math.round(outcomes.reduce((sum, { perSecond }) => sum + perSecond, 0) / outcomes.length)
    })
    return {
      creates: { alone: creates(alone), watched: creates(watched) },
      ...together(crowds),
      paid,
      rss,
      cpuMillis,
      eventsPerSecond,
      load
    }
  } finally {
    await world.close()
  }
}

/** Whether the console stays live, and how long its searches take, under a load of creates; and what it costs these. */
export const run = (asked: Arguments) =>
  Effect.promise(async (): Promise<Printed> => {
    const found = await measured(asked)
    const { alone, watched } = found.creates
    const searches = found.asked.filter(({ name }) => !name.startsWith("count: "))
    const slow = searches.filter(({ p50Millis }) => p50Millis >= expectedSearchMillis)
    const isBorne = [alone, watched].every(({ perSecond }) => perSecond >= expectedBorne * (asked.rate ?? usualRate))
    const isLive = found.overviewGap.count > 0 && found.overviewGap.p99Millis <= expectedGapMillis
    const ratio = Number((watched.p50Millis / alone.p50Millis).toFixed(2))
    return {
      lines: [
        ...found.asked.map(
          ({ name, count, p50Millis, p99Millis }) => `${name.padEnd(48)} ${count} times  ${p50Millis}/${p99Millis} ms`
        ),
        `Creates alone: p50 ${alone.p50Millis} ms, p99 ${alone.p99Millis} ms, ${alone.perSecond} a second; looked on: ${watched.p50Millis} ms, ${watched.p99Millis} ms, ${watched.perSecond} a second (${ratio}).`,
        `An overview every ${found.overviewGap.p50Millis} ms (p99 ${found.overviewGap.p99Millis}), ${found.overviewBehind.p50Millis} ms behind the load (p99 ${found.overviewBehind.p99Millis}).`,
        ...found.faults.slice(0, 10),
        slow.length === 0 ? "Every search was quick enough." : `Too slow: ${slow.map(({ name }) => name).join(", ")}.`,
        ...(isBorne ? [] : ["The creates were not borne."])
      ],
      json: {
        name: asked.name,
        seed: asked.seed,
        rate: asked.rate ?? usualRate,
        ratio,
        ...found,
        machine: Report.machine()
      },
      isRight: isLive && isBorne && slow.length === 0 && found.faults.length === 0
    }
  })
