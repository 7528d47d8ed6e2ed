import { HttpServerResponse } from "@effect/platform"
import { Admin } from "@payment-proxy/api"
import { SavedFilters } from "@payment-proxy/ports"
import { Effect, Option, Schema } from "effect"
import { refuse } from "../Problems.ts"
import { body } from "./Recorded.ts"

/** So many filters an operator has at most. */
const most = 50

const Kept = Schema.parseJson(Admin.Orders.KeptFilter)
const encode = Schema.encodeSync(Kept)
const decode = Schema.decodeUnknownOption(Kept)

const operator = Effect.map(Admin.Call.SignedIn, (session) => session.operator)

/** The filters of who is signed in; one of an older form that is not understood any more is left out. */
export const own = Effect.gen(function* () {
  const kept = yield* Effect.flatMap(Effect.zip(SavedFilters, operator), ([store, name]) => store.of(name))
  return kept.flatMap(({ name, filter }) =>
    Option.match(decode(filter), { onNone: () => [], onSome: (read) => [{ name, filter: read }] })
  )
})

const nameFault = "A filter's name is 1 to 40 characters that are seen."

/** Keeps a filter under a name. */
export const saved = Effect.fnUntraced(function* (name: string) {
  const filter = yield* body(Admin.Orders.KeptFilter)
  if (!/^[^\p{C}\p{Zl}\p{Zp}]{1,40}$/u.test(name) || name.trim() !== name)
    return yield* refuse("BODY_INVALID", nameFault, [{ pointer: "", code: "FIELD_INVALID", detail: nameFault }])
  const store = yield* SavedFilters
  const owner = yield* operator
  const kept = yield* store.of(owner)
  if (kept.length >= most && !kept.some((other) => other.name === name))
    return yield* refuse("LIMIT_REACHED", `An operator has at most ${most} filters: drop one first.`)
  yield* store.put(owner, name, encode(filter))
  return HttpServerResponse.empty({ status: 204 })
})

/** Drops a filter, also where there is none. */
export const dropped = (name: string) =>
  Effect.flatMap(Effect.zip(SavedFilters, operator), ([store, owner]) => store.drop(owner, name))
