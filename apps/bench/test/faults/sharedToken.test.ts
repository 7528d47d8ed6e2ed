import { expect, it } from "vitest"
import * as Chance from "../../src/Chance.ts"
import * as Passing from "../../src/faults/Passing.ts"
import * as World from "../../src/faults/World.ts"
import { untilSo } from "./probes.ts"

const seed = 20_261_123
const perSecond = 50
const tokenSeconds = 3
/** From here on at the earliest a token is renewed. */
const renewMillis = tokenSeconds * 1000 * 0.8
const latencyMillis = 300

const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

interface Call {
  readonly gateway: number
  readonly beganMillis: number
  readonly endedMillis: number
  readonly said: number | string
}

const configured = (text: string): string =>
  text
    .replace("      scope: payments\n", "      scope: payments\n      shared: true\n      timeLimitMillis: 1000\n")
    .replace(/$/, '  tokened:\n    vendor: platform\n    allow: ["GET /payments/**"]\n    filters: [oauth]\n')

/** Calls at an even pace, of one of the gateways that are asked at the time. */
const load = (world: World.World, number: string, chance: () => number) => {
  const calls: Array<Call> = []
  const asked = new Set([0, 1])
  const underWay = new Set<Promise<void>>()
  let isOpen = true
  const once = async (gateway: number) => {
    const beganMillis = Date.now()
    const said = await fetch(`${world.urls[gateway]}/proxy/tokened/payments/by-merchant-no/${number}`, {
      headers: { authorization: `Bearer ${world.keys.get("shop")}` },
      signal: AbortSignal.timeout(30_000)
    }).then(
      async (answer) => (answer.status === 200 ? answer.status : `${answer.status} ${await answer.text()}`),
      (error: unknown) => String(error)
    )
    calls.push({ gateway, beganMillis, endedMillis: Date.now(), said })
  }
  const run = async () => {
    const begin = Date.now()
    for (let count = 0; isOpen; count++) {
      const call = once(Chance.pick([...asked], chance)).finally(() => underWay.delete(call))
      underWay.add(call)
      await sleep(Math.max(0, begin + ((count + 1) * 1000) / perSecond - Date.now()))
    }
    await Promise.all(underWay)
  }
  const running = run()
  const end = async () => {
    isOpen = false
    await running
  }
  return { calls, asked, end }
}

it("two gateways share the token of a platform that ends the old one, one is killed with the new one in its hands: no call fails but its own, and a token is asked for once a life", {
  timeout: 240_000
}, async () => {
  const platform = { SANDBOX_SINGLE_TOKEN: "true", SANDBOX_TOKEN_TTL_SECONDS: String(tokenSeconds) }
  const world = await World.start({ gateways: 2, isMariaDb: true, configured, environmentOf: { platform } })
  try {
    const tokens = async () => {
      const { requests } = (await world.platform("GET", "/_ledger")) as {
        readonly requests: ReadonlyArray<{ readonly did: string }>
      }
      return requests.filter(({ did }) => did === "token").length
    }
    const [first] = world.gateways
    await Promise.all(world.gateways.map((gateway) => gateway.up()))
    const begunMillis = Date.now()
    const passing = Passing.make("shop", { value: "12.34", currency: "CNY" }, undefined, "Under one token")
    expect((await world.passer.passUntilAnswered(passing)).type).toBe("ok")
    const { calls, asked, end } = load(world, passing.number, Chance.numbers(seed))
    await sleep(1.5 * tokenSeconds * 1000)

    // The first alone is asked for long enough to be the one that renews; it is stopped with its request on the way, and
    // killed once the token is given, which nobody has then.
    asked.delete(1)
    await sleep(renewMillis)
    await world.platform("PUT", "/_faults", [{ on: "token", fault: "latency", millis: latencyMillis, times: 1 }])
    const before = await tokens()
    await untilSo("a token is asked for", 2 * tokenSeconds * 1000, async () => (await tokens()) > before)
    const stoppedMillis = Date.now()
    first?.pause()
    asked.add(1)
    asked.delete(0)
    await sleep(2 * latencyMillis)
    const killed = first?.process
    killed?.kill("SIGKILL")
    await killed?.ended
    first?.resume()
    const killedMillis = Date.now()
    await untilSo("the other gateway has a token", 15_000, async () => (await tokens()) > before + 1)
    await first?.up()
    asked.add(0)
    await sleep(tokenSeconds * 1000)
    await end()

    const mayFail = ({ gateway, beganMillis, endedMillis }: Call) =>
      gateway === 0 && beganMillis <= killedMillis && endedMillis >= stoppedMillis
    expect(calls.filter((call) => call.said !== 200 && !mayFail(call))).toEqual([])
    expect(calls.filter((call) => mayFail(call)).length, "calls on the killed gateway").toBeLessThan(perSecond)
    for (const gateway of [0, 1])
      expect(calls.filter((call) => call.gateway === gateway && call.said === 200).length).toBeGreaterThan(50)
    const lives = (Date.now() - begunMillis) / renewMillis
    expect(await tokens(), "tokens").toBeGreaterThan(3)
    expect(await tokens(), `tokens in ${lives.toFixed(1)} lives`).toBeLessThan(lives + 2)
  } finally {
    await world.close()
  }
})
