import { type CallFailure, tallyBoundsMillis, Vendors } from "@payment-proxy/ports"
import {
  Cause,
  Clock,
  Context,
  Effect,
  Exit,
  Layer,
  Metric,
  MetricBoundaries,
  MetricLabel,
  Option,
  Stream
} from "effect"
import { Tally } from "./Tally.ts"

const seconds = Metric.histogram(
  "payment_proxy_vendor_call_seconds",
  MetricBoundaries.fromIterable(tallyBoundsMillis.map((millis) => millis / 1000)),
  "How long calls to a vendor took"
)

const failures = Metric.counter("payment_proxy_vendor_call_failures", {
  description: "Calls to a vendor that brought no answer about the order",
  incremental: true
})

/** Why a call brought nothing: what the vendor said, or that it said nothing. `interrupted`: nobody waited for it any more. */
const kinds = ["rejected", "throttled", "unreachable", "in_doubt", "interrupted", "defect"] as const
type Kind = (typeof kinds)[number]

/** Those that say that the vendor does badly: a refusal is a definite answer, and who went away did not wait for one. */
const errors: ReadonlySet<Kind> = new Set<Kind>(["throttled", "unreachable", "in_doubt", "defect"])

const kindOfFailure = {
  Rejected: "rejected",
  Throttled: "throttled",
  Unreachable: "unreachable",
  InDoubt: "in_doubt"
} as const satisfies Record<Exclude<CallFailure["_tag"], "UnknownVendor">, Kind>

/** Nothing was called: there is no such vendor, or it cannot do this. */
const isUncalled = (failure: CallFailure): boolean =>
  failure._tag === "UnknownVendor" || (failure._tag === "Rejected" && failure.code === "NOT_SUPPORTED")

/** What a call came to: null where it was answered, nothing where there was none. */
const kindOf = (exit: Exit.Exit<unknown, CallFailure>): Option.Option<Kind | null> => {
  if (Exit.isSuccess(exit)) return Option.some(null)
  const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (failure === undefined) return Option.some(Cause.isInterrupted(exit.cause) ? "interrupted" : "defect")
  if (failure._tag === "UnknownVendor" || isUncalled(failure)) return Option.none()
  return Option.some(kindOfFailure[failure._tag])
}

type Labels = ReadonlyArray<MetricLabel.MetricLabel>

/** Labels made once: an update finds its series by them. */
const memo = <A>(make: (one: string, other: string) => A) => {
  const all = new Map<string, Map<string, A>>()
  return (one: string, other: string): A => {
    const known = all.get(one)?.get(other)
    if (known !== undefined) return known
    const made = make(one, other)
    all.set(one, (all.get(one) ?? new Map<string, A>()).set(other, made))
    return made
  }
}
const callLabels = memo((vendor, call): Labels => [MetricLabel.make("call", call), MetricLabel.make("vendor", vendor)])
const failureLabels = memo(
  (vendor, kind): Labels => [MetricLabel.make("kind", kind), MetricLabel.make("vendor", vendor)]
)

/** When each vendor last gave this process an answer, in milliseconds since the epoch. */
export class LastAnswers extends Context.Reference<LastAnswers>()("@payment-proxy/application/Calls/LastAnswers", {
  defaultValue: () => new Map<string, number>()
}) {}

/** Vendors whose every call is counted and timed: for `/metrics`, and for what operators see. */
export const counted = (
  vendors: Vendors["Type"],
  tally: Tally["Type"],
  answers: LastAnswers["Type"] = new Map()
): Vendors["Type"] => {
  // Every series is there from the start, at zero.
  for (const vendor of vendors.names) for (const kind of kinds) failures.unsafeUpdate(0, failureLabels(vendor, kind))

  const ended = (
    vendor: string,
    call: string,
    beganMillis: number,
    nowMillis: number,
    exit: Exit.Exit<unknown, CallFailure>
  ) => {
    const kind = Option.getOrUndefined(kindOf(exit))
    if (kind === undefined) return
    if (kind === null || kind === "rejected" || kind === "throttled") answers.set(vendor, nowMillis)
    const tookMillis = Math.max(nowMillis - beganMillis, 0)
    seconds.unsafeUpdate(tookMillis / 1000, callLabels(vendor, call))
    if (kind !== null) failures.unsafeUpdate(1, failureLabels(vendor, kind))
    // A bill is a file, not an answer: how long it takes says nothing of how the vendor does.
    if (call !== "bill") tally.called(vendor, tookMillis, kind !== null && errors.has(kind), nowMillis)
  }

  const timed = <A, E extends CallFailure, R>(vendor: string, call: string, effect: Effect.Effect<A, E, R>) =>
    Effect.withFiberRuntime<A, E, R>((fiber) => {
      const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
      const beganMillis = clock.unsafeCurrentTimeMillis()
      return Effect.onExit(effect, (exit) => {
        ended(vendor, call, beganMillis, clock.unsafeCurrentTimeMillis(), exit)
        return Effect.void
      })
    })

  return Vendors.of({
    get: (vendor) => vendors.get(vendor),
    // The vendors of a configuration that came into force since.
    get names() {
      return vendors.names
    },
    prepare: (payment, details) => vendors.prepare(payment, details),
    create: (payment, prepared, untilMillis) =>
      timed(payment.vendor, "create", vendors.create(payment, prepared, untilMillis)),
    query: (payment) => timed(payment.vendor, "query", vendors.query(payment)),
    close: (payment) => timed(payment.vendor, "close", vendors.close(payment)),
    capture: (payment, operation, untilMillis) =>
      timed(payment.vendor, "capture", vendors.capture(payment, operation, untilMillis)),
    complete: (payment, operation, untilMillis) =>
      timed(payment.vendor, "complete", vendors.complete(payment, operation, untilMillis)),
    refund: (payment, refund, untilMillis) =>
      timed(payment.vendor, "refund", vendors.refund(payment, refund, untilMillis)),
    queryRefund: (payment, refund) => timed(payment.vendor, "queryRefund", vendors.queryRefund(payment, refund)),
    notification: (vendor, incoming) => vendors.notification(vendor, incoming),
    returned: (payment, query) => vendors.returned(payment, query),
    onward: (payment, prepared) => vendors.onward(payment, prepared),
    bill: (vendor, bill) =>
      Stream.unwrap(
        Effect.map(Clock.currentTimeMillis, (beganMillis) =>
          Stream.ensuringWith(vendors.bill(vendor, bill), (exit) =>
            Effect.map(Clock.currentTimeMillis, (nowMillis) => ended(vendor, "bill", beganMillis, nowMillis, exit))
          )
        )
      )
  })
}

/** The vendors below, counted. */
export const layer: Layer.Layer<Vendors, never, Vendors> = Layer.effect(
  Vendors,
  Effect.map(Effect.all([Vendors, Tally, LastAnswers]), (services) => counted(...services))
)
