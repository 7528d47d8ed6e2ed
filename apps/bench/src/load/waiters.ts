import { Effect } from "effect"
import type { Arguments } from "../Arguments.ts"
import * as World from "../faults/World.ts"
import type { Printed } from "../Printed.ts"
import * as Report from "../Report.ts"
import * as Followers from "./Followers.ts"
import * as Site from "./Site.ts"

const count = 5000
const warmUp = 200
const changes = 500
/** Orders that are moved at a time. */
const hands = 8

const body = JSON.stringify({
  vendor: "platform",
  amount: { value: "12.34", currency: "CNY" },
  method: "ALIPAY",
  source: "WEB",
  description: "Travel insurance, 3 days",
  returnUrl: "http://127.0.0.1:4020/done",
  expiresIn: 3600
})

const inHands = async <A>(all: ReadonlyArray<A>, size: number, work: (one: A, index: number) => Promise<void>) => {
  const left = all.entries()
  const hand = async (): Promise<void> => {
    for (const [index, one] of left) await work(one, index)
  }
  await Promise.all(Array.from({ length: size }, hand))
}

const call = async (url: string, key: string, headers: Record<string, string>, sent: string | null) => {
  const authorization = `Bearer ${key}`
  const response = await fetch(url, { method: "POST", headers: { authorization, ...headers }, body: sent })
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as { readonly payOrderNo: string }
}

/** Places the orders that are waited for, by two apps in turn, at the gateway where nobody waits. */
const placed = async ({ urls, keys }: World.World): Promise<ReadonlyArray<Followers.Order>> => {
  const owners = [...keys.values()]
  const orders: Array<Followers.Order> = []
  await inHands(Array.from({ length: count }), 32, async (_, index) => {
    const key = owners[index % owners.length] ?? ""
    const headers = { "content-type": "application/json", "idempotency-key": `waited-${index}` }
    const { payOrderNo } = await call(`${urls[1]}/v1/orders`, key, headers, body)
    orders.push({ payOrderNo, key })
  })
  return orders
}

/** Closes orders at a gateway, and answers how long after each change its waiter knew of it. */
const moved = async (waiters: Followers.Followers, url: string | undefined, orders: ReadonlyArray<Followers.Order>) => {
  waiters.delays()
  await inHands(orders, hands, async ({ payOrderNo, key }) => {
    await call(`${url}/v1/orders/${payOrderNo}/close`, key, {}, null)
  })
  const all: Array<number> = []
  const until = Date.now() + 30_000
  // Two changes each: CLOSING, and what the vendor said.
  while (all.length < 2 * orders.length && Date.now() < until) {
    await new Promise((done) => setTimeout(done, 100))
    all.push(...waiters.delays())
  }
  const sorted = all.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { events: sorted.length, p50Millis: at(0.5), p99Millis: at(0.99), longestMillis: at(1) }
}
type Moved = Awaited<ReturnType<typeof moved>>

const sleep = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1000))

interface Rival {
  readonly pid: number
  readonly port: number
}

/** What so many waiters cost a process: memory each, and the processor while nothing happens. */
const waited = async (rival: Rival, orders: ReadonlyArray<Followers.Order>, databasePid: number, seconds: number) => {
  // What a process needs for its first streams is no waiter's.
  const first = await Followers.open(rival.port, orders.slice(0, warmUp))
  await first.told(2)
  first.leave()
  await sleep(2)
  const before = Site.rssMib(rival.pid)
  const waiters = await Followers.open(rival.port, orders)
  await waiters.told(2)
  await sleep(2)
  const perWaiterKib = Math.round(((Site.rssMib(rival.pid) - before) * 1024) / orders.length)
  const [own, theirs] = [Site.cpuSeconds(rival.pid), Site.cpuSeconds(databasePid)]
  await sleep(seconds)
  const percent = (since: number, pid: number) => Math.round((100 * (Site.cpuSeconds(pid) - since)) / seconds)
  return {
    waiters,
    cost: { perWaiterKib, idleCpuPercent: percent(own, rival.pid), databaseCpuPercent: percent(theirs, databasePid) }
  }
}

const row = (name: string, { perWaiterKib, idleCpuPercent, databaseCpuPercent }: Costs, ...all: ReadonlyArray<Moved>) =>
  `${name}: ${perWaiterKib} KiB a waiter; while nothing happens ${idleCpuPercent} % of a core, and ${databaseCpuPercent} % of the database's; ` +
  all.map(({ p50Millis, p99Millis, events }) => `p50 ${p50Millis} ms, p99 ${p99Millis} ms of ${events}`).join("; ")
type Costs = Awaited<ReturnType<typeof waited>>["cost"]

const rivals = async (world: World.World) => {
  const { gateways, processes, database, keys } = world
  const [ours, second] = gateways
  if (ours === undefined || second === undefined || database === undefined)
    throw new Error("There are no two gateways.")
  const [one] = [await ours.up(), await second.up()]
  const port = (url: string | undefined) => Number(new URL(url ?? "").port)
  const polling = processes.start("bench", "peers/sse.ts", [], {
    NODE_ENV: "production",
    DATABASE_URL: database.url,
    APP_KEYS: [...keys.values()].join(",")
  })
  return {
    gateway: { pid: one.pid, port: port((await one.ready)["url"]) },
    polling: { pid: polling.pid, port: port((await polling.ready)["url"]) },
    databasePid: database.server.pid
  }
}

/** What 5000 clients that follow an order each cost a gateway, and how soon they know: ours, and a server that asks for each. */
export const run = ({ name, seconds, seed }: Arguments) =>
  Effect.promise(async (): Promise<Printed> => {
    const world = await World.start({ gateways: 2, isMariaDb: true, isCalm: true })
    try {
      const { gateway, polling, databasePid } = await rivals(world)
      const orders = await placed(world)
      const part = (index: number) => orders.slice(index * changes, (index + 1) * changes)
      const ours = await waited(gateway, orders, databasePid, seconds)
      const here = await moved(ours.waiters, world.urls[0], part(0))
      const elsewhere = await moved(ours.waiters, world.urls[1], part(1))
      ours.waiters.leave()
      const theirs = await waited(polling, orders, databasePid, seconds)
      const polled = await moved(theirs.waiters, world.urls[1], part(2))
      theirs.waiters.leave()
      const peers = { poller: { ...theirs.cost, elsewhere: polled } }
      const ratios = {
        "poller: memory": Number((theirs.cost.perWaiterKib / ours.cost.perWaiterKib).toPrecision(3)),
        "poller: wake-up p99": Number((polled.p99Millis / elsewhere.p99Millis).toPrecision(3))
      }
      return {
        lines: [
          `${count} streams of events, one order each; ${changes} orders are closed, ${hands} at a time. Times run from a change's own time, before its commit, to its client.`,
          row("ours, changed at the same gateway and at another", ours.cost, here, elsewhere),
          row("poller, a question per waiter and second, changed at another process", theirs.cost, polled)
        ],
        json: { name, ratios, ours: { ...ours.cost, here, elsewhere }, peers, seed, machine: Report.machine() },
        isRight: [here, elsewhere].every(({ events }) => events === 2 * changes)
      }
    } finally {
      await world.close()
    }
  })
