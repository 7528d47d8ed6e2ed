import { expect, it } from "vitest"
import * as Chance from "../../src/Chance.ts"
import * as Plan from "../../src/faults/Plan.ts"
import { run } from "../../src/faults/storm.ts"

const seed = 20_261_123

// `pnpm bench faults`, `faults-database` and `faults-embedded` go on for 60 s, with another seed each time.
it.each([
  ["on one file", { isMariaDb: false, databaseKills: 0 }],
  ["on a MariaDB that is killed twice", { isMariaDb: true, databaseKills: 2 }]
])(
  "15 seconds of load with kills and faults, %s, lose nothing and double nothing",
  { timeout: 300_000 },
  async (_, scene) => {
    const { fired, verdict } = await run({ seconds: 15, seed, scene, tell: () => undefined })
    expect(verdict.violations).toEqual([])
    expect(verdict.totals.paid, "money moved").toBeGreaterThan(0)
    expect(
      Object.values(fired).filter((count) => count > 0).length,
      `what happened: ${JSON.stringify(fired)}`
    ).toBeGreaterThan(3)
  }
)

it("what goes wrong follows from the seed alone", () => {
  expect(Plan.make(Chance.numbers(seed))).toEqual(Plan.make(Chance.numbers(seed)))
  expect(Plan.make(Chance.numbers(seed))).not.toEqual(Plan.make(Chance.numbers(seed + 1)))
})
