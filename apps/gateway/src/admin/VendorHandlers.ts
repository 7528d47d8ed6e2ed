import { HttpApiBuilder } from "@effect/platform"
import { Admin, Order } from "@payment-proxy/api"
import { Calls, Overview, type Tried, tryVendor } from "@payment-proxy/application"
import { type TokenAge, TokenAges } from "@payment-proxy/ports"
import { Filters } from "@payment-proxy/proxy"
import { Clock, Effect } from "effect"
import { answering } from "../Problems.ts"
import { acting, body, recordedAs } from "./Recorded.ts"

type Shown = typeof Admin.Vendors.AdminVendor.Type

/** By the clock that nobody can set. */
const monotonicMillis = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1_000_000n))

const seconds = (millis: number): number => Math.max(Math.floor(millis / 1000), 0)

const token = (age: TokenAge | undefined, nowMillis: number): Shown["token"] => {
  // One that is over is renewed when it is asked for.
  if (age === undefined || (age.untilMillis !== null && age.untilMillis <= nowMillis)) return null
  return {
    ageSeconds: seconds(nowMillis - age.sinceMillis),
    leftSeconds: age.untilMillis === null ? null : seconds(age.untilMillis - nowMillis)
  }
}

/** When a vendor last answered: this process to the moment, others to the minute; null where it did not within an hour. */
const lastAnswer = (vendor: string, here: number | undefined, state: Overview.State): number | null => {
  const minutes = state.vendors.find((one) => one.vendor === vendor)?.minutes ?? []
  const elsewhere = minutes.findLast(({ calls, errors }) => calls > errors)?.atMillis
  return here === undefined ? (elsewhere ?? null) : Math.max(here, elsewhere ?? 0)
}

/** How each vendor's circuits stand in this process: of several routes the one that stands worst. */
const worstCircuits = Effect.gen(function* () {
  const { states } = Filters.Circuits
  const worst = new Map<string, Filters.Circuits.State>()
  for (const { vendor, state } of yield* Filters.Circuits.Circuits) {
    const now = yield* state
    const known = worst.get(vendor)
    if (known === undefined || states.indexOf(now) > states.indexOf(known)) worst.set(vendor, now)
  }
  return worst
})

const listed = Effect.gen(function* () {
  const overview = yield* Overview.Overview
  const answers = yield* Calls.LastAnswers
  const ages = yield* TokenAges
  const nowMillis = yield* monotonicMillis
  const circuits = yield* worstCircuits
  const [health, state] = yield* Effect.all([overview.vendors, overview.now])
  return health.map((one): Shown => {
    const last = lastAnswer(one.name, answers.get(one.name), state)
    return {
      ...one,
      lastAnswerAt: last === null ? null : Order.timeOf(last),
      circuit: circuits.get(one.name) ?? null,
      token: token(ages.get(one.name), nowMillis)
    }
  })
})

const tried = Effect.fnUntraced(function* (vendor: string) {
  const { reason } = yield* body(Admin.Orders.Because)
  const by = yield* acting
  return yield* tryVendor(vendor, by).pipe(
    recordedAs({ action: "vendor.test", subject: vendor, reason }, ({ isReached }: Tried) =>
      isReached ? "done" : "UNREACHED"
    )
  )
})

/** The handlers of the platforms behind the proxy. */
export const layer = HttpApiBuilder.group(Admin.Api, "vendors", (handlers) =>
  handlers.handle("list", () => answering(listed)).handleRaw("test", ({ path }) => answering(tried(path.vendor)))
)
