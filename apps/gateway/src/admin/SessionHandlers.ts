import { HttpApiBuilder, HttpServerResponse } from "@effect/platform"
import { Admin } from "@payment-proxy/api"
import { SignIn } from "@payment-proxy/application"
import { IdentityProvider } from "@payment-proxy/ports"
import { Effect, Redacted } from "effect"
import { answering, Refused } from "../Problems.ts"
import * as Cookies from "./Cookies.ts"
import * as Gate from "./Gate.ts"
import * as Oidc from "./Oidc.ts"
import { body } from "./Recorded.ts"
import * as Session from "./Session.ts"
import { Settings } from "./Settings.ts"
import { Streams } from "./Streams.ts"

const doors = Effect.gen(function* () {
  const provider = yield* IdentityProvider
  const oidc = provider === null ? null : { name: provider.name }
  return { password: true, oidc, isEmpty: yield* SignIn.isEmpty }
})

const signIn = Effect.gen(function* () {
  yield* Effect.mapError(Gate.ownSite, (problem) => new Refused({ problem }))
  const { operator, password } = yield* body(Admin.Sessions.SignIn)
  const address = yield* Gate.address
  const signedIn = yield* SignIn.signIn({ name: operator, password: Redacted.make(password), address })
  const shown = Gate.shown(signedIn.account, signedIn.session)
  return yield* Session.opened(HttpServerResponse.unsafeJson(shown), signedIn)
})

/** Its streams end with it. */
const signOut = Effect.gen(function* () {
  const id = yield* Gate.sessionId
  const { isSecure } = yield* Settings
  if (id !== null) {
    yield* SignIn.signOut(id, yield* Gate.address)
    yield* Effect.flatMap(Streams, ({ endOf }) => endOf(Session.known(id)))
  }
  return Cookies.clear(HttpServerResponse.empty({ status: 204 }), Cookies.session, isSecure)
})

const changePassword = Effect.gen(function* () {
  const id = (yield* Gate.sessionId) ?? ""
  const { current, next } = yield* body(Admin.Sessions.PasswordChange)
  const who = yield* SignIn.resume(id)
  yield* SignIn.changePassword({
    ...who,
    current: Redacted.make(current),
    next: Redacted.make(next),
    address: yield* Gate.address
  })
})

/** The handlers of signing in and out. */
export const layer = HttpApiBuilder.group(Admin.Api, "sessions", (handlers) =>
  handlers
    .handle("doors", () => answering(doors))
    .handleRaw("signIn", () => answering(signIn))
    .handle("oidcStart", ({ urlParams }) => answering(Oidc.start(urlParams.to)))
    .handle("oidcCallback", () => answering(Oidc.callback))
    .handle("current", () => Admin.Call.SignedIn)
    .handle("signOut", () => answering(signOut))
    .handleRaw("changePassword", () => answering(changePassword))
)
