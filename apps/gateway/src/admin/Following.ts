import type { ServerResponse } from "node:http"
import { Admin } from "@payment-proxy/api"
import { SignIn } from "@payment-proxy/application"
import { OperatorAccounts, OperatorSessions, type StoreUnavailable } from "@payment-proxy/ports"
import { Context, Effect } from "effect"
import * as Gate from "./Gate.ts"
import * as Session from "./Session.ts"
import { type Say, Streams } from "./Streams.ts"

/** Whether a session still stands, without keeping it alive; while the store is not there, nothing new is read either. */
const stands = (id: string) =>
  Effect.map(Effect.context<OperatorAccounts | OperatorSessions>(), (context) =>
    SignIn.resume(id, false).pipe(
      Effect.as(true),
      Effect.catchTags({ SignedOut: () => Effect.succeed(false), StoreUnavailable: () => Effect.succeed(true) }),
      Effect.provide(Context.pick(OperatorAccounts, OperatorSessions)(context))
    )
  )

/** Whether the session that asks for this still stands, for what goes on for long. */
export const standing = Effect.flatMap(Gate.sessionId, (id) => stands(id ?? ""))

/** A stream for who is signed in: it ends with the session, and with his account's door. */
export const follow = Effect.fnUntraced(function* <A, E, R, E2, R2>(
  response: ServerResponse,
  first: Effect.Effect<A, E, R>,
  told: (first: A, say: Say) => Effect.Effect<void, E2 | StoreUnavailable, R2>
) {
  const { operator } = yield* Admin.Call.SignedIn
  const id = (yield* Gate.sessionId) ?? ""
  const follower = { operator, session: Session.known(id), mayGoOn: yield* stands(id) }
  yield* Effect.flatMap(Streams, (streams) => streams.open(follower, response, first, told))
})
