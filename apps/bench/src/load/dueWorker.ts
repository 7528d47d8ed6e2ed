// One worker of the bench `due`: claims a hundred orders at a time and is done with each, until nothing is due; says when
// it is ready, begins when its standard input ends, and says what it did.
import * as Mysql from "@payment-proxy/adapter-mysql"
import { DueWork } from "@payment-proxy/ports"
import { Console, Duration, Effect } from "effect"

const batch = 100
const lease = Duration.seconds(30)

const begun = Effect.async<void>((resume) => {
  process.once("message", () => resume(Effect.void))
})

const main = Effect.gen(function* () {
  const due = yield* DueWork
  yield* Console.log(JSON.stringify({ ready: true }))
  yield* begun
  const begin = performance.now()
  let done = 0
  for (;;) {
    const claimed = yield* due.claim("orders", batch, lease)
    if (claimed.length === 0) break
    const held = yield* Effect.forEach(claimed, (piece) => due.done(piece, null), { concurrency: "unbounded" })
    done += held.filter((isHeld) => isHeld).length
  }
  process.send?.({ done, millis: performance.now() - begin })
}).pipe(Effect.provide(Mysql.layer({ url: process.env["DATABASE_URL"] ?? "" })))

Effect.runPromise(main).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  }
)
