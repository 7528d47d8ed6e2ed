import { readFileSync, renameSync, writeFileSync } from "node:fs"
import { expect, it } from "vitest"
import * as Chance from "../../src/Chance.ts"
import * as Passing from "../../src/faults/Passing.ts"
import * as World from "../../src/faults/World.ts"
import { untilSo } from "./probes.ts"

const perSecond = 200
/** Where the machine is too slow for that pace, calls are fewer, not ever more at once. */
const maxUnderWay = 16
const rewriteMillis = 700
const seconds = 10
const seed = 20_261_123

const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

/** Routes as the file has them at one time: `revision` shows in the answers of all, and `extra` is there now and then. */
const routes = (revision: number, isExtra: boolean): string => `routes:
  plain:
    vendor: platform
    allow: ["ANY /payments/**", "POST /oauth/token"]
    filters:
      - headers: { response: { set: { x-revision: "${revision}" } } }
  platform:
    vendor: platform
    filters:
      - payment-order
      - oauth
      - headers: { response: { set: { x-revision: "${revision}" } } }
  limited:
    vendor: platform
    allow: ["GET /payments/**"]
    filters:
      - rate-limit: { perSecond: 10000, burst: 10000 }
      - oauth
${isExtra ? '  extra:\n    vendor: platform\n    allow: ["GET /payments/**"]\n    filters: [oauth]\n' : ""}`

/** The file with other routes; with `isOtherVendor` the vendor's mapping reads one word more, and its routes are built anew. */
const fileOf = (text: string, revision: number, isExtra: boolean, isOtherVendor: boolean): string =>
  text
    .replace(/^routes:\n[\s\S]*/m, routes(revision, isExtra))
    .replace("      CLOSED: closed\n", `      CLOSED: closed\n${isOtherVendor ? "      EXPIRED: closed\n" : ""}`)

interface Call {
  readonly name: string
  readonly status: number | string
  readonly isRight: boolean
  readonly revision: string | null
}

/** The token that a client of the plain route has got for itself. */
const ownToken = async ({ issuer }: World.World): Promise<string> => {
  const response = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: {
      authorization: `Basic ${btoa(`${World.platformClient.id}:${World.platformClient.secret}`)}`,
      "content-type": "application/x-www-form-urlencoded"
    },
    body: "grant_type=client_credentials&scope=payments"
  })
  return ((await response.json()) as { readonly access_token: string }).access_token
}

/** Calls through three routes, at an even pace whatever becomes of them. */
const load = (world: World.World, clientsToken: string, chance: () => number) => {
  const calls: Array<Call> = []
  const numbers: Array<string> = []
  const numberOf = () => Chance.pick(numbers, chance)
  const key = { authorization: `Bearer ${world.keys.get("shop")}` }
  const own = { authorization: `Bearer ${clientsToken}`, "payment-proxy-key": world.keys.get("shop") ?? "" }
  const once = async (name: string, wanted: number, method: string, path: string, init: RequestInit = {}) => {
    const response = await world.client
      .call(method, path, "shop", { signal: AbortSignal.timeout(20_000), ...init })
      .then(
        async (answer) => ({ status: answer.status, headers: answer.headers, text: await answer.text() }),
        (error: unknown) => String(error)
      )
    const isRight = typeof response !== "string" && response.status === wanted && response.text.includes('"id":"pay_')
    const status =
      typeof response === "string" ? response : isRight ? response.status : `${response.status} ${response.text}`
    const revision = typeof response === "string" ? null : response.headers.get("x-revision")
    calls.push({ name, status, isRight, revision })
    return isRight
  }
  const create = async () => {
    const { number, text } = Passing.make("shop", { value: "12.34", currency: "CNY" }, undefined, "Under load")
    const headers = { ...key, "idempotency-key": number }
    if (await once("create", 201, "POST", "/proxy/platform/payments", { body: text, headers })) numbers.push(number)
  }
  const by = (route: string) => `/proxy/${route}/payments/by-merchant-no/${numberOf()}`
  const all = [
    create,
    () => once("query", 200, "GET", by("platform")),
    () => once("plain", 200, "GET", by("plain"), { headers: own }),
    () => once("limited", 200, "GET", by("limited"))
  ]
  const run = async (until: Promise<void>) => {
    let isOpen = true
    const end = () => {
      isOpen = false
    }
    void until.then(end, end)
    const underWay = new Set<Promise<unknown>>()
    const begin = Date.now()
    for (let count = 0; isOpen; count++) {
      const call = Chance.pick(all, chance)().finally(() => underWay.delete(call))
      underWay.add(call)
      if (underWay.size >= maxUnderWay) await Promise.race(underWay)
      await sleep(Math.max(0, begin + ((count + 1) * 1000) / perSecond - Date.now()))
    }
    await Promise.all(underWay)
    await until
  }
  return { calls, create, run }
}

it("the configuration file is rewritten under load, also badly and in halves: no call fails, no token is fetched anew, and the last good file is in force", {
  timeout: 240_000
}, async () => {
  const chance = Chance.numbers(seed)
  const world = await World.start({
    isCalm: true,
    configured: (text) => fileOf(text, 0, false, false)
  })
  try {
    const [gateway] = world.gateways
    const running = await gateway?.up()
    const good = readFileSync(world.config, "utf8")
    const { calls, create, run } = load(world, await ownToken(world), chance)
    await create()

    const configuration = async () =>
      (
        (await (await world.client.call("GET", "/readyz", "shop")).json()) as {
          readonly configuration: {
            readonly refused: { readonly faults: ReadonlyArray<{ readonly at: string }> } | null
          }
        }
      ).configuration
    const replace = (text: string) => {
      writeFileSync(`${world.config}.new`, text)
      renameSync(`${world.config}.new`, world.config)
    }
    let revision = 0
    const next = () => fileOf(good, ++revision, revision % 2 === 1, revision % 3 === 0)
    // However long this process is kept from writing the rest, such a half is no configuration.
    const inHalves = async (text: string) => {
      writeFileSync(world.config, text.slice(0, Math.floor(text.length * 0.4 * chance())))
      await sleep(Chance.between(20, 400, chance))
      writeFileSync(world.config, text)
    }
    const refused = async (text: string, at: string) => {
      replace(text)
      running?.kill("SIGHUP")
      await untilSo(`the file is refused for ${at}`, 20_000, async () =>
        ((await configuration()).refused?.faults ?? []).some((fault) => fault.at === at)
      )
    }
    const badly = [
      () => refused(next().replace("vendor: platform", "vendor: nobody"), "/routes/plain/vendor"),
      () => refused(next().replace("PENDING: open", "PENDING: perhaps"), "/vendors/platform/statuses/PENDING"),
      () => refused(next().replace("- payment-order", "- payment-disorder"), "/routes/platform/filters/0")
    ]
    const rewriting = async () => {
      const end = Date.now() + seconds * 1000
      for (let turn = 1; Date.now() < end || turn <= 12; turn++) {
        await sleep(rewriteMillis)
        if (turn % 4 === 0) await badly[(turn / 4) % badly.length]?.()
        else if (turn % 4 === 2) await inHalves(next())
        else replace(next())
      }
      // A route that is there, a good file, and one that is refused.
      revision = 1000
      replace(fileOf(good, revision, true, true))
      await untilSo("the route is there", 20_000, async () => {
        const { status } = await world.client.call("GET", "/proxy/extra/payments/none00", "shop")
        return status === 404 && (await configuration()).refused === null
      })
      await refused("vendors: [", "")
    }
    await run(rewriting())
    await create()

    expect(calls.filter(({ isRight }) => !isRight)).toEqual([])
    expect(calls.length, "calls").toBeGreaterThan((seconds * perSecond) / 4)
    expect(new Set(calls.map(({ name }) => name)).size).toBe(4)
    const seen = new Set(calls.flatMap((call) => (call.revision === null ? [] : [call.revision])))
    expect(seen.size, `revisions seen: ${[...seen].join(", ")}`).toBeGreaterThan(2)
    expect(calls.at(-1)?.revision, "the last good file").toBe("1000")
    const { requests } = (await world.platform("GET", "/_ledger")) as {
      readonly requests: ReadonlyArray<{ readonly did: string }>
    }
    expect(requests.filter(({ did }) => did === "token")).toHaveLength(2)
  } finally {
    await world.close()
  }
})
