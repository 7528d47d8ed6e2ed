import { crashPoints } from "@payment-proxy/ports"
import { expect, it } from "vitest"
import { run } from "../../src/faults/crashes.ts"

// Every point once, in an order that repeats; `pnpm bench crashes` does each twenty times, in another order each time.
it("a gateway that is killed at every crash point loses nothing and doubles nothing", {
  timeout: 300_000
}, async () => {
  const { died, missed, verdict } = await run({ times: 1, seed: 20_261_123, tell: () => undefined })
  expect(missed, "every point was reached, and killed there").toEqual([])
  expect(died).toEqual(Object.fromEntries(Object.keys(crashPoints).map((point) => [point, 1])))
  expect(verdict.violations).toEqual([])
  expect(verdict.totals.paid, "money moved").toBeGreaterThan(0)
})
