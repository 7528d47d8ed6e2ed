import { createHash } from "node:crypto"
import type { HttpServerResponse } from "@effect/platform"
import { SignIn } from "@payment-proxy/application"
import { Effect, Redacted } from "effect"
import * as Cookies from "./Cookies.ts"
import * as Gate from "./Gate.ts"
import { Settings } from "./Settings.ts"

/** What a session's id is stored as. */
export const known = (id: string): string => createHash("sha256").update(id).digest("hex")

/**
 * An answer that opens a session by its new id. Whatever session the browser had ends: what was planted in it, or left behind, opens
 * nothing.
 */
export const opened = Effect.fnUntraced(function* (
  answer: HttpServerResponse.HttpServerResponse,
  { id }: Pick<SignIn.SignedIn, "id">
) {
  const { isSecure } = yield* Settings
  const former = yield* Gate.sessionId
  if (former !== null) yield* SignIn.signOut(former, yield* Gate.address)
  return Cookies.set(answer, Cookies.session, Redacted.value(id), isSecure)
})
