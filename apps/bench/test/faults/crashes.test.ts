import { expect, it } from "vitest"
import { namesOf, run } from "../../src/faults/crashes.ts"

// Every point once, in an order that repeats, and with a worker each point of a create once more, through the proxied door alone; `pnpm bench crashes` and `crashes-embedded` do each twenty times, in another order.
it.each([
  ["a gateway on a file", false],
  ["F01 F02 F03 a gateway and a worker on a MariaDB", true]
])(
  "%s: killed at every crash point, nothing is lost and nothing doubled",
  { timeout: 600_000 },
  async (_, isMariaDb) => {
    const { died, missed, verdict } = await run({ times: 1, seed: 20_261_123, isMariaDb, tell: () => undefined })
    expect(missed, "every point was reached, and killed there").toEqual([])
    expect(died).toEqual(Object.fromEntries(namesOf(isMariaDb).map((name) => [name, 1])))
    expect(verdict.violations).toEqual([])
    expect(verdict.totals.proxied, "calls came through the route").toBeGreaterThan(0)
    expect(verdict.totals.told, "and their apps asked both doors").toBeGreaterThan(0)
    expect(verdict.totals.paid, "money moved").toBeGreaterThan(0)
  }
)
