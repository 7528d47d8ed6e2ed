import { randomInt } from "node:crypto"
import { Console, Effect } from "effect"
import * as Arguments from "./Arguments.ts"
import * as machine from "./machine.ts"
import * as Report from "./Report.ts"

const benches = { machine } as const

const isBench = (name: string): name is keyof typeof benches => name in benches

const program = Effect.gen(function* () {
  const asked = yield* Arguments.parse(process.argv.slice(2), Object.keys(benches), randomInt(2 ** 32))
  if (!isBench(asked.name)) return yield* Effect.dieMessage(`${asked.name} was taken for a bench.`)
  yield* Console.log(`${asked.name}: ${asked.seconds} s, seed ${asked.seed}`)
  const report = yield* benches[asked.name].run(asked)
  yield* Console.log(Report.table(report))
  yield* Console.log(JSON.stringify(report))
}).pipe(
  Effect.catchTag("Usage", ({ message }) =>
    Effect.zipRight(
      Console.error(message),
      Effect.sync(() => {
        process.exitCode = 2
      })
    )
  )
)

Effect.runFork(program)
