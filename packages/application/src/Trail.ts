import { type Deed, type DeedSearch, Deeds } from "@payment-proxy/ports"
import { Cause, Context, Effect, Encoding, Exit } from "effect"
import { Entropy } from "./Entropy.ts"
import * as Operator from "./Operator.ts"
import { using } from "./Services.ts"

/** What an operator is about to do. */
export interface Doing {
  readonly operator: string
  /** `order.close`, `key.add`, `orders.export` … */
  readonly action: string
  readonly subject: string | null
  readonly reason: string | null
  /** The network address that he comes from; null for commands. */
  readonly address: string | null
}

const maxSubjectChars = 256
const maxAddressChars = 64
const maxOutcomeChars = 64

const serials = 65_536
let serial = 0

/** What one process writes in one millisecond stands in its order, too. */
const idOf = (nowMillis: number, random: Uint8Array): string => {
  serial = (serial + 1) % serials
  return `ded_${nowMillis.toString(16).padStart(12, "0")}${serial.toString(16).padStart(4, "0")}${Encoding.encodeHex(random)}`
}

const deedOf = (
  services: Context.Context<never>,
  nowMillis: number,
  { operator, action, subject, reason, address }: Doing,
  outcome: string
): Deed => ({
  id: idOf(nowMillis, Context.get(services, Entropy).bytes(10)),
  atMillis: nowMillis,
  operator: Operator.typed(operator),
  action,
  subject: subject?.slice(0, maxSubjectChars) ?? null,
  reason,
  outcome: outcome.slice(0, maxOutcomeChars),
  address: address?.slice(0, maxAddressChars) ?? null
})

const writeTries = 3

/** Puts a deed on record. What was done stays done where the store is away: then the log has it, as an alarm. */
export const write = (doing: Doing, outcome: string) =>
  using<Deeds>()((services, nowMillis) => {
    const deed = deedOf(services, nowMillis, doing, outcome)
    return Context.get(services, Deeds)
      .add(deed)
      .pipe(
        Effect.retry({ times: writeTries - 1 }),
        Effect.catchAll(({ cause }) => Effect.logError("alarm DEED_NOT_WRITTEN", { ...deed }, cause))
      )
  })

const text = (failure: object, field: string): string | null => {
  const value: unknown = Object(failure)[field]
  return typeof value === "string" ? value : null
}

/** Refusals that say their own code: the machine's, and those of a door. */
const coded: ReadonlySet<string> = new Set(["Refused", "RequestRefused"])

/** The code of a refusal: its own, else what the error is called. */
const codeOf = (failure: unknown): string => {
  if (typeof failure !== "object" || failure === null) return "FAILED"
  const tag = text(failure, "_tag") ?? "Failed"
  const code = coded.has(tag) ? text(failure, "code") : null
  return code ?? tag.replaceAll(/([a-z])([A-Z])/g, "$1_$2").toUpperCase()
}

const outcomeOfFault = (cause: Cause.Cause<unknown>): string => {
  const failure = Cause.failureOption(cause)
  if (failure._tag === "Some") return codeOf(failure.value)
  return Cause.isInterruptedOnly(cause) ? "INTERRUPTED" : "INTERNAL"
}

/**
 * Does this, and puts on record that an operator did, or with which code it was refused. A name or a reason that cannot be put on
 * record is `OperatorInvalid`: then nothing was done.
 */
export const recorded =
  <A = unknown>(doing: Doing, outcomeOf: (done: A) => string = () => "done") =>
  <B extends A, E, R>(effect: Effect.Effect<B, E, R>) =>
    Effect.gen(function* () {
      const operator = yield* Operator.name(doing.operator)
      const reason = doing.reason === null ? null : yield* Operator.note(doing.reason)
      return yield* effect.pipe(
        Effect.onExit((exit) =>
          write(
            { ...doing, operator, reason },
            Exit.isSuccess(exit) ? outcomeOf(exit.value) : outcomeOfFault(exit.cause)
          )
        )
      )
    })

/** The trail, newest first, for administrators; at most `limit`, and where the next page begins. */
export const list = Effect.fnUntraced(function* (search: DeedSearch, by: Operator.Acting) {
  yield* Operator.allowed(by, "administrator")
  const { limit } = search
  const all = yield* Effect.flatMap(Deeds, (deeds) => deeds.search({ ...search, limit: limit + 1 }))
  return { items: all.slice(0, limit), next: all.length > limit ? (all[limit - 1]?.id ?? null) : null }
})
