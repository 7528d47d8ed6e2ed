import { expect } from "@effect/vitest"
import { Apps, DueWork, Vault, WebhookSender } from "@payment-proxy/ports"
import { Clock, Duration, Effect, FastCheck as fc, Logger, Option, TestClock } from "effect"
import { it as plain } from "vitest"
import * as Circuits from "../src/Circuits.ts"
import { deliver, secretContext, waitOf } from "../src/Deliver.ts"
import { Policies } from "../src/Policy.ts"
import * as Endpoints from "./endpoints.ts"
import { it } from "./harness.ts"

const hourMillis = 3_600_000
const idle = Duration.seconds(30)
const minutes = (count: number) => TestClock.adjust(Duration.minutes(count))

it.world("an endpoint that was dead for three hours gets all that it missed, in order, and what is new, too", () =>
  Effect.gen(function* () {
    const endpoints = Endpoints.make(() => 503)
    const numbers: Array<string> = []
    const life = Effect.gen(function* () {
      for (let order = 0; order < 18; order++) {
        numbers.push((yield* Endpoints.anOrder()).payOrderNo)
        yield* minutes(10)
      }
      expect(Endpoints.arrived(endpoints)).toEqual([])
      expect(endpoints.tries.length, "an endpoint that is dead is left alone").toBeLessThan(90)
      endpoints.behave = () => 204
      yield* minutes(6)
      numbers.push((yield* Endpoints.anOrder()).payOrderNo)
      yield* minutes(1)
    })
    yield* Endpoints.delivering(endpoints, idle, life)
    const got = Endpoints.arrived(endpoints)
    expect(got.map(({ eventId }) => eventId).length).toBe(2 * numbers.length)
    expect(new Set(got.map(({ payOrderNo, version }) => `${payOrderNo} ${version}`)).size).toBe(2 * numbers.length)
    expect(Endpoints.isInOrder(got)).toBe(true)
    for (const number of numbers)
      expect((yield* Endpoints.deliveriesOf(number)).map(({ state }) => state)).toEqual(["delivered", "delivered"])
  })
)

/** An order whose first event has failed and waits for long, its second due; what is claimed of it. */
const lateOrder = (endpoints: Endpoints.Endpoints, circuits: Circuits.Circuits) =>
  Effect.gen(function* () {
    const due = yield* DueWork
    const { payOrderNo } = yield* Endpoints.anOrder()
    const [first, second] = yield* Endpoints.deliveriesOf(payOrderNo)
    if (first === undefined || second === undefined) return yield* Effect.dieMessage("two events")
    const [claimed] = (yield* due.claim("deliveries", 100, Duration.seconds(10))).filter(({ id }) => id === first.id)
    if (claimed === undefined) return yield* Effect.dieMessage("it is due")
    yield* due.postpone(claimed, Duration.hours(1), "HTTP 503")
    const isOurs = ({ id }: { readonly id: string }) => id === first.id || id === second.id
    const claim = due.claim("deliveries", 100, Duration.seconds(10)).pipe(
      Effect.tap((all) =>
        Effect.forEach(
          all.filter((piece) => !isOurs(piece)),
          (piece) => due.giveBack(piece, Duration.zero)
        )
      ),
      Effect.map((all) => all.filter(isOurs))
    )
    const send = Effect.flatMap(claim, (all) =>
      Effect.forEach(all, (piece) => deliver(piece, circuits), { discard: true })
    ).pipe(Effect.provideService(WebhookSender, endpoints.sender))
    return { payOrderNo, claim, send }
  })

const opened = (circuits: Circuits.Circuits) =>
  Effect.gen(function* () {
    const ticket = yield* circuits.enter({ app: "shop", endpoint: "shop-webhook" })
    for (let failures = 0; failures < 5; failures++) yield* circuits.heard(ticket, false)
    yield* circuits.leave(ticket)
    yield* TestClock.adjust(Duration.seconds(30))
  })

it.world(
  "while one order's first event goes to an endpoint that is tried again, no other order's second goes beside",
  () =>
    Effect.gen(function* () {
      const endpoints = Endpoints.make(() => 204)
      const circuits = yield* Circuits.make
      const one = yield* lateOrder(endpoints, circuits)
      const other = yield* lateOrder(endpoints, circuits)
      yield* TestClock.adjust(Duration.minutes(11))
      yield* opened(circuits)
      yield* one.send
      yield* other.send
      expect(endpoints.tries, "each lets its own first event go before it").toEqual([])
      yield* one.send
      expect(Endpoints.arrived(endpoints).map(({ payOrderNo, version }) => [payOrderNo, version])).toEqual([
        [one.payOrderNo, 1]
      ])
      yield* TestClock.adjust(Duration.seconds(1))
      for (let round = 0; round < 4; round++) yield* Effect.zipRight(other.send, one.send)
      const got = Endpoints.arrived(endpoints)
      expect([got.length, Endpoints.isInOrder(got)]).toEqual([4, true])
    })
)

it.world("a later event that was claimed before its endpoint was back does not overtake the one before it", () =>
  Effect.gen(function* () {
    const endpoints = Endpoints.make(() => 204)
    const circuits = yield* Circuits.make
    const late = yield* lateOrder(endpoints, circuits)
    yield* TestClock.adjust(Duration.minutes(11))
    yield* opened(circuits)
    const [second] = yield* late.claim
    if (second === undefined) return expect.fail("its turn has come")
    const well = yield* Endpoints.anOrder()
    const sending = (all: ReadonlyArray<typeof second>) =>
      Effect.forEach(all, (piece) => deliver(piece, circuits), { discard: true }).pipe(
        Effect.provideService(WebhookSender, endpoints.sender)
      )
    yield* sending(yield* Effect.flatMap(DueWork, (due) => due.claim("deliveries", 1, Duration.seconds(10))))
    expect(Endpoints.arrived(endpoints).map(({ payOrderNo }) => payOrderNo)).toEqual([well.payOrderNo])
    yield* sending([second])
    expect(endpoints.tries.length, "it is handed back").toBe(1)
    yield* TestClock.adjust(Duration.seconds(1))
    yield* late.send
    yield* late.send
    const got = Endpoints.arrived(endpoints).filter(({ payOrderNo }) => payOrderNo === late.payOrderNo)
    expect(got.map(({ version }) => version)).toEqual([1, 2])
  })
)

it.world("what failed for our own reasons does not bring the long waits at a schedule's end before their time", () =>
  Effect.gen(function* () {
    const due = yield* DueWork
    const endpoints = Endpoints.make(() => 500)
    const { payOrderNo } = yield* Endpoints.anOrder()
    for (let tries = 0; tries < 20; tries++)
      for (const piece of yield* due.claim("deliveries", 1, Duration.seconds(10)))
        yield* due.postpone(piece, Duration.zero, "failed")
    yield* Endpoints.delivering(endpoints, idle, TestClock.adjust(Duration.seconds(1)))
    const [first] = yield* Endpoints.deliveriesOf(payOrderNo)
    expect([endpoints.tries.length, first?.state]).toEqual([1, "waiting"])
    const nowMillis = yield* Clock.currentTimeMillis
    expect((first?.dueAtMillis ?? 0) - nowMillis).toBeLessThan(60_000)
  })
)

it.world("a worker that stops in the middle of a call counts no try", () =>
  Effect.gen(function* () {
    const endpoints = Endpoints.make(() => "silent")
    const { payOrderNo } = yield* Endpoints.anOrder()
    yield* Endpoints.delivering(endpoints, idle, TestClock.adjust(Duration.seconds(1)))
    const [first] = yield* Endpoints.deliveriesOf(payOrderNo)
    expect([endpoints.tries.length, first?.tries, first?.state]).toEqual([1, 0, "waiting"])
  })
)

it.world("what cannot be signed, as the endpoint's secret cannot be opened, ends with its schedule", () =>
  Effect.gen(function* () {
    const sealed = yield* Effect.flatMap(Vault, (vault) => vault.seal(secretContext("another"), "whsec_AAAA"))
    const broken = Effect.flatMap(Apps, (apps) =>
      apps.edit("shop", (app) => ({
        ...app,
        endpoints: app.endpoints.map((endpoint) => ({ ...endpoint, sealedSecrets: [sealed] }))
      }))
    )
    const endpoints = Endpoints.make(() => 204)
    const { payOrderNo } = yield* Endpoints.anOrder()
    yield* broken
    yield* Endpoints.delivering(endpoints, Duration.minutes(15), TestClock.adjust(Duration.hours(76)))
    expect(endpoints.tries).toEqual([])
    const ended = yield* Endpoints.deliveriesOf(payOrderNo)
    expect(ended.map(({ state }) => state)).toEqual(["given-up", "given-up"])
    expect(ended[0]?.note).toContain("secret cannot be opened")
  })
)

it.world("an endpoint that fails five times in a row is left alone for 30 s, then for twice as long, up to 5 min", () =>
  Effect.gen(function* () {
    const endpoints = Endpoints.make(() => 500)
    const life = Effect.gen(function* () {
      for (let order = 0; order < 20; order++) yield* Endpoints.anOrder()
      yield* minutes(30)
    })
    yield* Endpoints.delivering(endpoints, Duration.seconds(5), life)
    const times = endpoints.tries.map(({ atMillis }) => atMillis)
    const gaps = times.slice(1).map((at, index) => (at - (times[index] ?? 0)) / 1000)
    const rests = gaps.filter((gap) => gap >= 10)
    for (const [index, least] of [30, 60, 120, 240, 300, 300].entries()) {
      expect(rests[index]).toBeGreaterThanOrEqual(least)
      expect(rests[index]).toBeLessThanOrEqual(least + 10)
    }
    const tries = yield* Effect.forEach(
      [...new Set(endpoints.tries.map(({ payOrderNo }) => payOrderNo))],
      Endpoints.deliveriesOf
    )
    const counted = tries.flat().reduce((sum, delivery) => sum + delivery.tries, 0)
    expect(counted, "what was not sent is no try").toBe(endpoints.tries.length)
  })
)

it.world("nothing is given up before its 72 hours nor much after, however seldom it was tried meanwhile", () =>
  Effect.gen(function* () {
    const endpoints = Endpoints.make(() => 500)
    const life = Effect.gen(function* () {
      const orders = yield* Effect.forEach(Array.from({ length: 20 }), () => Endpoints.anOrder())
      const states = Effect.map(
        Effect.forEach(orders, ({ payOrderNo }) => Endpoints.deliveriesOf(payOrderNo)),
        (all) => new Set(all.flat().map(({ state }) => state))
      )
      yield* TestClock.adjust(Duration.hours(71.9))
      expect(yield* states).toEqual(new Set(["waiting"]))
      yield* TestClock.adjust(Duration.hours(4.2))
      expect(yield* states).toEqual(new Set(["given-up"]))
    })
    const policy = { ...(yield* Policies), circuitOpen: [Duration.hours(2)] }
    yield* Endpoints.delivering(endpoints, Duration.hours(2), life).pipe(Effect.provideService(Policies, policy))
    expect(endpoints.tries.length, "far from sixteen tries for each").toBeLessThan(200)
  })
)

it.world(
  "an order's next event goes ten minutes later at the latest, also where the one before it is never taken",
  () =>
    Effect.gen(function* () {
      const endpoints = Endpoints.make(({ body }) => (body.includes('"version":1') ? 500 : 204))
      yield* Endpoints.anOrder()
      yield* Endpoints.delivering(endpoints, idle, minutes(12))
      const [next] = Endpoints.arrived(endpoints)
      expect(next?.version).toBe(2)
      expect(next?.atMillis).toBeLessThanOrEqual(10 * 60_000 + 31_000)
      expect(next?.atMillis).toBeGreaterThan(9 * 60_000)
    })
)

it.world("endpoints that never answer have eight calls each at most, and keep no other app waiting", () =>
  Effect.gen(function* () {
    const dead = yield* Endpoints.anApp("dead", 5)
    const well = yield* Endpoints.anApp("well")
    const endpoints = Endpoints.make(({ url }) => (url.includes("dead") ? "silent" : 204))
    const life = Effect.gen(function* () {
      for (let order = 0; order < 20; order++) yield* Endpoints.anOrder(dead)
      yield* TestClock.adjust(Duration.seconds(5))
      expect([...endpoints.inAir.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(20)
      const before = yield* Clock.currentTimeMillis
      const { payOrderNo } = yield* Endpoints.anOrder(well)
      yield* TestClock.adjust(Duration.seconds(2))
      const got = Endpoints.arrived(endpoints)
      expect(got.map((taken) => [taken.payOrderNo, taken.version])).toEqual([
        [payOrderNo, 1],
        [payOrderNo, 2]
      ])
      for (const { atMillis } of got) expect(atMillis - before).toBeLessThanOrEqual(1500)
    })
    yield* Endpoints.delivering(endpoints, Duration.millis(500), life)
    for (const [url, most] of endpoints.mostInAir) expect(most, url).toBeLessThanOrEqual(8)
    expect(endpoints.mostInAir.get("https://dead-0.example/hooks")).toBe(8)
  })
)

it.world("what an endpoint that has all that it may have could not take is handed back, with no try counted", () =>
  Effect.gen(function* () {
    const due = yield* DueWork
    const endpoints = Endpoints.make(() => "silent")
    const life = Effect.gen(function* () {
      for (let order = 0; order < 12; order++) yield* Endpoints.anOrder()
      yield* TestClock.adjust(Duration.seconds(2))
      const left = yield* due.claim("deliveries", 100, Duration.seconds(1))
      expect([left.length, left.every(({ tries }) => tries === 0)]).toEqual([4, true])
    })
    yield* Endpoints.delivering(endpoints, Duration.millis(500), life)
    expect(endpoints.tries.length).toBe(8)
  })
)

it.world("410 stops the endpoint aloud: what waits for it ends, new events are only kept, other endpoints go on", () =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const logger = Logger.replace(
      Logger.defaultLogger,
      Logger.logfmtLogger.pipe(Logger.map((line) => lines.push(line)))
    )
    const app = yield* Endpoints.anApp("gone", 2)
    const endpoints = Endpoints.make(({ url }) => (url.includes("gone-0") ? 410 : 204))
    const life = Effect.gen(function* () {
      const { payOrderNo } = yield* Endpoints.anOrder(app)
      yield* minutes(1)
      const all = yield* Endpoints.deliveriesOf(payOrderNo)
      const ended = all.filter(({ endpoint }) => endpoint === "gone-0")
      expect(ended.map(({ state }) => state)).toEqual(["given-up", "given-up"])
      expect(all.filter(({ endpoint }) => endpoint === "gone-1").map(({ state }) => state)).toEqual([
        "delivered",
        "delivered"
      ])
      const stopped = Option.getOrThrow(yield* Effect.flatMap(Apps, (apps) => apps.byId("gone"))).endpoints
      expect(stopped.map((endpoint) => endpoint.stopped?.reason ?? null)).toEqual(["HTTP 410", null])
      const later = yield* Endpoints.anOrder(app)
      expect((yield* Endpoints.deliveriesOf(later.payOrderNo)).map(({ endpoint }) => endpoint)).toEqual([
        "gone-1",
        "gone-1"
      ])
    })
    yield* Endpoints.delivering(endpoints, idle, life).pipe(Effect.provide(logger))
    expect(endpoints.tries.filter(({ url }) => url.includes("gone-0")).length).toBe(1)
    const alarms = lines.filter((line) => line.includes("alarm ENDPOINT_GONE"))
    expect([alarms.length, alarms[0]?.includes("gone-0")]).toEqual([1, true])
    expect(lines.join("\n")).not.toMatch(/whsec_|c2VjcmV0/)
  })
)

it.world("410 of an address that the endpoint has left does not stop it", () =>
  Effect.gen(function* () {
    const apps = yield* Apps
    const moved = Effect.flatMap(Apps, (all) =>
      all.edit("shop", (app) => ({
        ...app,
        endpoints: app.endpoints.map((endpoint) => ({ ...endpoint, url: "https://new.example/" }))
      }))
    )
    const endpoints = Endpoints.make(({ url }) => (url.includes("new") ? 204 : 410))
    const sender = WebhookSender.of({
      send: (message) =>
        moved.pipe(Effect.provideService(Apps, apps), Effect.orDie, Effect.zipRight(endpoints.sender.send(message)))
    })
    yield* Endpoints.anOrder()
    yield* Endpoints.delivering({ ...endpoints, sender }, idle, minutes(1))
    expect(Option.getOrThrow(yield* apps.byId("shop")).endpoints[0]?.stopped).toBe(null)
    expect(Endpoints.arrived(endpoints).map(({ version }) => version)).toEqual([2])
  })
)

it.world("an endpoint that was registered a moment ago, which this worker does not know yet, misses nothing", () =>
  Effect.gen(function* () {
    const apps = yield* Apps
    const app = yield* Endpoints.anApp("new")
    const endpoints = Endpoints.make(() => 204)
    const life = Effect.gen(function* () {
      const before = yield* Clock.currentTimeMillis
      const { payOrderNo } = yield* Endpoints.anOrder(app)
      yield* minutes(1)
      const all = yield* Endpoints.deliveriesOf(payOrderNo)
      expect(all.map(({ state }) => state)).toEqual(["delivered", "delivered"])
      expect((endpoints.tries[0]?.atMillis ?? 0) - before).toBeLessThanOrEqual(25_000)
    })
    const startedMillis = yield* Clock.currentTimeMillis
    const stale = Apps.of({
      ...apps,
      byId: (id) =>
        Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
          Effect.map(
            apps.byId(id),
            Option.map((known) => (nowMillis < startedMillis + 9000 ? { ...known, endpoints: [] } : known))
          )
        )
    })
    const working = Endpoints.delivering(endpoints, Duration.seconds(1), Effect.provideService(life, Apps, apps))
    yield* Effect.provideService(working, Apps, stale)
  })
)

it.world("an app that was disabled is told nothing any more, and its deliveries end", () =>
  Effect.gen(function* () {
    const endpoints = Endpoints.make(() => 204)
    const { payOrderNo } = yield* Endpoints.anOrder()
    yield* Effect.flatMap(Apps, (apps) => apps.edit("shop", (app) => ({ ...app, isDisabled: true })))
    yield* Endpoints.delivering(endpoints, idle, minutes(1))
    expect(endpoints.tries).toEqual([])
    expect((yield* Endpoints.deliveriesOf(payOrderNo)).map(({ state }) => state)).toEqual(["given-up", "given-up"])
  })
)

plain(
  "sixteen tries over 72 hours: each wait within a fifth of the schedule's, the last try not before the end",
  () => {
    const policy = Effect.runSync(Policies)
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 16, maxLength: 16 }),
        fc.integer({ min: 0, max: 10_000 }),
        (chances, callMillis) => {
          let ageMillis = callMillis
          for (const [tries, wait] of policy.deliver.entries()) {
            const chosen = Duration.toMillis(waitOf(policy, tries, ageMillis, chances[tries] ?? 0) ?? Duration.zero)
            const part = chosen / Duration.toMillis(wait)
            expect([part >= 0.8, part <= 1.2], `${tries}: ${part}`).toEqual([true, true])
            ageMillis += chosen + callMillis
          }
          expect(waitOf(policy, 15, ageMillis, chances[15] ?? 0)).toBe(null)
          expect([ageMillis >= 72 * hourMillis, ageMillis < 75 * hourMillis]).toEqual([true, true])
        }
      )
    )
  }
)
