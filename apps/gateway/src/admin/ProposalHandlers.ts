import { HttpApiBuilder } from "@effect/platform"
import { Admin } from "@payment-proxy/api"
import { Operators } from "@payment-proxy/application"
import { Effect, Redacted } from "effect"
import { answering, vendorGone } from "../Problems.ts"
import * as Proposed from "./Proposed.ts"
import { acting, body, recorded } from "./Recorded.ts"

const page = 50

const listed = Effect.fnUntraced(function* (state: "open" | "decided", after: string | null) {
  const by = yield* acting
  const { items, next } = yield* Operators.list({ state, after, limit: page })
  return { items: yield* Effect.forEach(items, (one) => Proposed.shown(one, by)), next }
})

const approved = Effect.fnUntraced(function* (id: string) {
  const { note } = yield* body(Admin.Proposals.Note)
  const by = yield* acting
  return yield* Operators.approve(id, by, note).pipe(
    Effect.catchTag("UnknownVendor", vendorGone),
    recorded({ action: "proposal.approve", subject: id, reason: note }),
    Effect.flatMap(({ proposal }) => Proposed.shown(proposal, by))
  )
})

const rejected = Effect.fnUntraced(function* (id: string) {
  const { note } = yield* body(Admin.Proposals.Note)
  const by = yield* acting
  return yield* Operators.reject(id, by, note).pipe(
    recorded({ action: "proposal.reject", subject: id, reason: note }),
    Effect.flatMap((proposal) => Proposed.shown(proposal, by))
  )
})

const taken = Effect.fnUntraced(function* (id: string) {
  const by = yield* acting
  const made = yield* recorded({ action: "proposal.take", subject: id, reason: null })(Operators.take(id, by))
  return { id: made.id, secret: Redacted.value(made.secret) }
})

/** The handlers of what takes two persons. */
export const layer = HttpApiBuilder.group(Admin.Api, "proposals", (handlers) =>
  handlers
    .handle("list", ({ urlParams }) => answering(listed(urlParams.state ?? "open", urlParams.cursor ?? null)))
    .handleRaw("approve", ({ path }) => answering(approved(path.id)))
    .handleRaw("reject", ({ path }) => answering(rejected(path.id)))
    .handle("take", ({ path }) => answering(taken(path.id)))
)
