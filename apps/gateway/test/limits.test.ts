import { Registry } from "@payment-proxy/application"
import { type AppLimits, unlimited } from "@payment-proxy/ports"
import { Memory } from "@payment-proxy/testkit"
import { Duration, Effect, TestClock, TestContext } from "effect"
import { afterAll, beforeAll, expect, it } from "vitest"
import * as Paces from "../src/Paces.ts"
import { open } from "./world.ts"

let gateway: Awaited<ReturnType<typeof open>>
beforeAll(async () => {
  gateway = await open(Memory.layer, { works: false })
})
afterAll(() => gateway.close())

const limited = (limits: Partial<AppLimits>) => gateway.run(Registry.setLimits("shop", { ...unlimited, ...limits }))

it("an app that may read twice a second is answered 429 with Retry-After beyond that, and its creates are not counted", async () => {
  await limited({ readsPerSecond: 2 })
  const statuses: Array<number> = []
  for (let calls = 0; calls < 6; calls++) {
    const { status, headers, body } = await gateway.call("GET", "/v1/orders/01KB2Y5WM0000000000000000000A")
    statuses.push(status)
    if (status === 429) {
      expect(headers.get("retry-after")).toBe("1")
      expect(body).toMatchObject({ code: "RATE_LIMITED" })
    }
  }
  expect(statuses.slice(0, 2)).toEqual([404, 404])
  expect(statuses).toContain(429)
  expect((await gateway.call("POST", "/v1/orders/01KB2Y5WM0000000000000000000A/close")).status).toBe(404)
  const other = { authorization: `Bearer ${gateway.keys.other}` }
  expect((await gateway.call("GET", "/v1/orders/01KB2Y5WM0000000000000000000A", { headers: other })).status).toBe(404)
  await limited({})
  expect((await gateway.call("GET", "/v1/orders/01KB2Y5WM0000000000000000000A")).status).toBe(404)
})

const shop = {
  id: "paced",
  name: "Paced",
  endpoints: [],
  isDisabled: false,
  limits: { ...unlimited, createsPerSecond: 4 }
}

it("an app has a second's calls in hand, and gets them back at its pace", async () => {
  const codes = await Effect.gen(function* () {
    const admitted = Effect.match(Paces.admit("creates")(shop), { onSuccess: () => true, onFailure: () => false })
    const seen: Array<number> = []
    const burst = Effect.map(
      Effect.all(Array.from({ length: 10 }, () => admitted)),
      (all) => all.filter(Boolean).length
    )
    seen.push(yield* burst)
    yield* TestClock.adjust(Duration.millis(500))
    seen.push(yield* burst)
    yield* TestClock.adjust(Duration.minutes(1))
    seen.push(yield* burst)
    return seen
  }).pipe(Effect.provide(TestContext.TestContext), Effect.runPromise)
  expect(codes).toEqual([4, 2, 4])
})
