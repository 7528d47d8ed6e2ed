import { randomInt } from "node:crypto"
import { Cause, Console, Effect } from "effect"
import * as Arguments from "./Arguments.ts"
import * as consoles from "./console/console.ts"
import * as crashes from "./faults/crashes.ts"
import * as storm from "./faults/storm.ts"
import * as Verdict from "./faults/Verdict.ts"
import * as due from "./load/due.ts"
import * as orders from "./load/orders.ts"
import * as waiters from "./load/waiters.ts"
import * as machine from "./machine.ts"
import type { Printed } from "./Printed.ts"
import * as proxyOrder from "./proxy/order.ts"
import * as proxyProfile from "./proxy/profile.ts"
import * as proxy from "./proxy/proxy.ts"
import * as reconcile from "./reconcile.ts"
import * as search from "./search/search.ts"
import * as vendors from "./vendors/vendors.ts"

const tell = (line: string): void => console.log(line)

const storms = (scene: storm.Scene) => ({
  seconds: 60,
  times: 1,
  run: (asked: Arguments.Arguments) =>
    Effect.map(
      Effect.promise(() => storm.run({ ...asked, scene, tell })),
      Verdict.ofStorm
    )
})

const deaths = (isMariaDb: boolean) => ({
  seconds: 1,
  times: 20,
  run: (asked: Arguments.Arguments) =>
    Effect.map(
      Effect.promise(() => crashes.run({ ...asked, isMariaDb, tell })),
      Verdict.ofCrashes
    )
})

/** Every bench: what it does unless told otherwise, and how it is run. */
const benches = {
  machine: { seconds: 10, times: 1, run: machine.run },
  create: { seconds: 30, times: 3, run: (asked: Arguments.Arguments) => orders.run("create", asked) },
  read: { seconds: 30, times: 3, run: (asked: Arguments.Arguments) => orders.run("read", asked) },
  proxy: { seconds: 4, times: 7, run: proxy.run },
  "proxy-order": { seconds: 20, times: 3, run: proxyOrder.run },
  "proxy-profile": { seconds: 10, times: 1, run: proxyProfile.passingThrough },
  "proxy-order-profile": { seconds: 10, times: 1, run: proxyProfile.mappedCreates },
  vendors: { seconds: 35, times: 5, run: vendors.run },
  waiters: { seconds: 10, times: 1, run: waiters.run },
  due: { seconds: 30, times: 1, run: due.run },
  reconcile: { seconds: 1, times: 1, run: reconcile.run },
  search: { seconds: 1, times: 15, run: search.run },
  console: { seconds: 10, times: 2, run: consoles.run },
  faults: storms({ isMariaDb: true, databaseKills: 0 }),
  "faults-database": storms({ isMariaDb: true, databaseKills: 5 }),
  "faults-embedded": storms({ isMariaDb: false, databaseKills: 0 }),
  crashes: deaths(true),
  "crashes-embedded": deaths(false)
} as const satisfies {
  readonly [name: string]: Arguments.Defaults & {
    readonly run: (asked: Arguments.Arguments) => Effect.Effect<Printed>
  }
}

const isBench = (name: string): name is keyof typeof benches => name in benches

const exitWith = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

const program = Effect.gen(function* () {
  const asked = yield* Arguments.parse(process.argv.slice(2), benches, randomInt(2 ** 32))
  if (!isBench(asked.name)) return yield* Effect.dieMessage(`${asked.name} was taken for a bench.`)
  yield* Console.log(`${asked.name}: seed ${asked.seed}`)
  const { lines, json, isRight } = yield* benches[asked.name].run(asked)
  yield* Console.log(lines.join("\n"))
  yield* Console.log(JSON.stringify(json))
  if (!isRight) yield* exitWith(1)
}).pipe(
  Effect.catchTag("Usage", ({ message }) => Effect.zipRight(Console.error(message), exitWith(2))),
  Effect.catchAllCause((cause) => Effect.zipRight(Console.error(Cause.pretty(cause)), exitWith(1)))
)

// Node's own clean-up may spin for ever over sockets that were reset (seen with 24.21): nothing is left to clean up.
const end = Effect.sync(() => process.stdout.write("", () => process.exit()))

Effect.runFork(Effect.ensuring(program, end))
