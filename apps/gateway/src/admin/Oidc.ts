import { HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Attempts, SignIn, Trail } from "@payment-proxy/application"
import { IdentityProvider, IdentityRefused, Vault } from "@payment-proxy/ports"
import { Clock, Effect, Schema } from "effect"
import { answering, type Failure, type OperatorFailure, ofOperators, refusal, refuse } from "../Problems.ts"
import * as Cookies from "./Cookies.ts"
import * as Gate from "./Gate.ts"
import * as Session from "./Session.ts"
import { Settings } from "./Settings.ts"

/** What a browser keeps, sealed, while it is at the provider. */
const Begun = Schema.parseJson(
  Schema.Struct({
    state: Schema.String,
    nonce: Schema.String,
    codeVerifier: Schema.String,
    to: Schema.String,
    endsAtMillis: Schema.Number
  })
)
const encode = Schema.encodeSync(Begun)
const decode = Schema.decodeUnknown(Begun)

/** What it is sealed to. */
const context = "oidc/begun/cookie"

const home = "/console/"

/** A page of the console to go on to; nothing else is gone to. */
const pageOf = (to: string | undefined): string =>
  to !== undefined && /^\/console\/[\w/.?&=%~+:,-]{0,1000}$/.test(to) && !/\.\.|%2e/i.test(to) ? to : home

const provider = Effect.flatMap(IdentityProvider, (configured) =>
  configured === null
    ? Effect.fail(refuse("NOT_FOUND", "No provider of the company's is configured here."))
    : Effect.succeed(configured)
)

const onward = (location: string) => HttpServerResponse.empty({ status: 303, headers: { location } })

const going = Effect.fnUntraced(function* (to: string | undefined) {
  const { begin } = yield* provider
  const { url, isSecure } = yield* Settings
  const vault = yield* Vault
  const { url: there, ...begun } = yield* begin(`${url}/admin/oidc/callback`)
  const endsAtMillis = (yield* Clock.currentTimeMillis) + (Cookies.oidc.seconds ?? 0) * 1000
  const sealed = yield* vault.seal(context, encode({ ...begun, to: pageOf(to), endsAtMillis }))
  return Cookies.set(onward(there), Cookies.oidc, Buffer.from(sealed).toString("base64url"), isSecure)
})

const stale = new IdentityRefused({
  detail: "Begin anew on the sign-in page: this sign-in was not begun here, or is over."
})

/** What the browser brought back of what it was sent with. */
const begun = Effect.gen(function* () {
  const request = NodeHttpServerRequest.toIncomingMessage(yield* HttpServerRequest.HttpServerRequest)
  const { isSecure } = yield* Settings
  const vault = yield* Vault
  const cookie = Cookies.read(request, Cookies.oidc, isSecure)
  if (cookie === null) return yield* stale
  const opened = yield* vault
    .open(context, Buffer.from(cookie, "base64url").toString())
    .pipe(Effect.flatMap(decode), Effect.catchTags({ Unsealable: () => stale, ParseError: () => stale }))
  return opened.endsAtMillis > (yield* Clock.currentTimeMillis) ? opened : yield* stale
})

/** Who it was is not known; of an address one such refusal a minute goes on record. */
const refusalWritten = Effect.fnUntraced(function* (failure: IdentityRefused | SignIn.SignInLocked) {
  const address = yield* Gate.address
  const { isToTell } = yield* Attempts.Attempts
  if (!isToTell(address, yield* Clock.currentTimeMillis)) return
  const doing = { operator: "?", action: "sign-in", subject: null, reason: null, address }
  yield* Trail.write(doing, ofOperators(failure).code)
})

/** What the provider says of who came back; an address that came back wrong too often waits, as it does with passwords. */
const finished = Effect.fnUntraced(function* <A, E, R>(finish: Effect.Effect<A, E, R>) {
  const attempts = yield* Attempts.Attempts
  const address = yield* Gate.address
  const retryAfterMillis = attempts.from(address, yield* Clock.currentTimeMillis)
  if (retryAfterMillis > 0) return yield* new SignIn.SignInLocked({ retryAfterMillis })
  const said = yield* finish
  attempts.giveBack(address, yield* Clock.currentTimeMillis)
  return said
})

const signedIn = Effect.gen(function* () {
  const { finish } = yield* provider
  const { url, groups } = yield* Settings
  const request = yield* HttpServerRequest.HttpServerRequest
  const { to, endsAtMillis: _, ...known } = yield* begun
  const identity = yield* finished(finish(`${url}${request.url}`, known))
  const opened = yield* SignIn.federated(identity, groups(), yield* Gate.address)
  return yield* Session.opened(onward(to), opened)
}).pipe(Effect.tapErrorTag("IdentityRefused", refusalWritten), Effect.tapErrorTag("SignInLocked", refusalWritten))

/** Who goes and comes back is a browser, which the sign-in page tells why; whoever does not take pages is answered the problem. */
const refusalTo = (request: HttpServerRequest.HttpServerRequest) => (failure: Failure | OperatorFailure) =>
  /\btext\/html\b/.test(request.headers["accept"] ?? "")
    ? onward(`${home}?problem=${ofOperators(failure).code}`)
    : refusal(failure)

/** Sends a browser to the company's provider; what has to be known when it comes back goes with it, sealed. */
export const start = (to: string | undefined) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => answering(going(to), refusalTo(request)))

/** Lets in who comes back from the provider; whatever comes of it, what was begun is over. */
export const callback = Effect.gen(function* () {
  const { isSecure } = yield* Settings
  const request = yield* HttpServerRequest.HttpServerRequest
  return Cookies.clear(yield* answering(signedIn, refusalTo(request)), Cookies.oidc, isSecure)
})
