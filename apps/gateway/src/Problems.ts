import { HttpApiError, HttpServerError, HttpServerResponse } from "@effect/platform"
import { Decoding, Problem } from "@payment-proxy/api"
import type {
  Accounts,
  AppKeys,
  Contended,
  EventNotFound,
  KeyReused,
  OperatorInvalid,
  Operators,
  OrderNotFound,
  Passwords,
  Read,
  Reconcile,
  Registry,
  RoleNeeded,
  SignIn
} from "@payment-proxy/application"
import type { Machine } from "@payment-proxy/domain"
import type {
  IdentityRefused,
  OperatorTaken,
  ProposalOpen,
  StoreUnavailable,
  Unfit,
  UnknownVendor,
  Unsettled
} from "@payment-proxy/ports"
import { Refusal } from "@payment-proxy/proxy"
import { Cause, Data, Effect, Schema } from "effect"
import type { Unauthorized } from "./AppKey.ts"

/** A request that is refused with this problem. */
export class Refused extends Data.TaggedError("RequestRefused")<{ readonly problem: Problem.Problem }> {
  get code(): Problem.Code {
    return this.problem.code
  }
}

/** Refuses a request. */
export const refuse = (code: Problem.Code, detail: string, errors?: ReadonlyArray<Problem.Fault>): Refused =>
  new Refused({ problem: Problem.make(code, detail, errors) })

/** What can leave a use case or the door before it. */
export type Failure =
  | Refused
  | Unauthorized
  | OrderNotFound
  | Read.RefundNotFound
  | EventNotFound
  | Contended
  | KeyReused
  | StoreUnavailable
  | Unsettled
  | Unfit
  | UnknownVendor
  | Machine.Refused

/** What the machine's own code means to a caller; what it says of an amount is about the body's. */
const refusedBy = ({ code, detail }: Machine.Refused): Problem.Problem => {
  switch (code) {
    case "AMOUNT_INVALID":
      return Problem.make(code, detail, [{ pointer: "/amount/value", code, detail }])
    case "NOTHING_REFUNDABLE":
    case "OPERATION_OPEN":
    case "NOT_SUPPORTED":
      return Problem.make(code, detail)
    default:
      return Problem.make("NOT_ALLOWED", detail)
  }
}

/** The vendor of an order that is there can only be missing because it was taken out of the configuration. */
export const vendorGone = (): Refused => refuse("NOT_SUPPORTED", "The order's vendor is no longer configured.")

/** A failure as the problem that the caller is answered; nothing of its inside is shown. */
export const of = (failure: Failure): Problem.Problem => {
  switch (failure._tag) {
    case "RequestRefused":
      return failure.problem
    case "Unauthorized":
      return Problem.make("UNAUTHORIZED", "Send your app's key: Authorization: Bearer pp_live_…")
    case "OrderNotFound":
      return Problem.make("ORDER_NOT_FOUND", "There is no such order of this app.")
    case "Contended":
      return Problem.make("CONTENDED", "The order is moving under many hands: try again in a moment.")
    case "KeyReused":
      return Problem.make(
        "IDEMPOTENCY_KEY_REUSED",
        "This key was used with another body: use a new key for what is new."
      )
    case "StoreUnavailable":
      return Problem.make("STORE_UNAVAILABLE", "Nothing was done. Try again with the same Idempotency-Key.")
    case "Unsettled":
      return Problem.make(
        "IN_FLIGHT",
        "It is not known yet whether this is on disk. Send it again, with the same Idempotency-Key."
      )
    case "Unfit":
      return Problem.make(
        "BODY_INVALID",
        `The vendor cannot take this order: ${failure.faults.length} fault(s).`,
        failure.faults
      )
    case "UnknownVendor":
      return Problem.make("BODY_INVALID", "The vendor is not configured.", [
        { pointer: "/vendor", code: "VENDOR_UNKNOWN", detail: "No vendor of this name is configured." }
      ])
    case "RefundNotFound":
      return Problem.make("REFUND_NOT_FOUND", "The order has no such refund.")
    case "EventNotFound":
      return Problem.make("EVENT_NOT_FOUND", "There is no such event of this app, or it is no longer kept.")
    case "Refused":
      return refusedBy(failure)
  }
}

/** Streams last: there is no sense in asking for one more every second. */
const retryAfterSeconds = (code: Problem.Code): number =>
  code === "STREAMS_TOO_MANY" || code === "STREAMS_FULL" ? 10 : 1

/** What can leave what operators call, beside what can leave any use case. */
export type OperatorFailure =
  | SignIn.SignInRefused
  | SignIn.SignInLocked
  | SignIn.SignedOut
  | SignIn.FederatedRefused
  | IdentityRefused
  | Passwords.PasswordWeak
  | Passwords.PasswordsBusy
  | Accounts.OperatorNotFound
  | Accounts.LastAdministrator
  | Accounts.NotOneself
  | RoleNeeded
  | OperatorInvalid
  | OperatorTaken
  | Operators.ProposalNotFound
  | Operators.ProposalEnded
  | Operators.SecondPersonNeeded
  | Operators.NotYours
  | ProposalOpen
  | Registry.AppNotFound
  | Registry.AppTaken
  | Registry.EndpointNotFound
  | Registry.Limited
  | Registry.Malformed
  | AppKeys.KeyNotFound
  | AppKeys.TooManyKeys
  | Reconcile.DayInvalid
  | Reconcile.DayBusy
  | Reconcile.DayUnknown
  | Reconcile.DifferenceUnknown

type ByTag<F extends { readonly _tag: string }> = {
  readonly [T in F["_tag"]]: (failure: Extract<F, { readonly _tag: T }>) => Problem.Problem
}

const said =
  (code: Problem.Code) =>
  ({ detail }: { readonly detail: string }): Problem.Problem =>
    Problem.make(code, detail)

const fixed = (code: Problem.Code, detail: string) => (): Problem.Problem => Problem.make(code, detail)

const field = (name: string, detail: string): Problem.Problem =>
  Problem.make("BODY_INVALID", detail, [{ pointer: `/${name}`, code: "FIELD_INVALID", detail }])

const isKnownHere = "Read the list of apps again: it is not there, or no longer."

const forOperators: ByTag<OperatorFailure> = {
  SignInRefused: fixed("SIGN_IN_REFUSED", "Look at both, capitals too. An administrator can set a new password."),
  SignInLocked: ({ retryAfterMillis }) =>
    Problem.make("SIGN_IN_LOCKED", `Wait ${Math.ceil(retryAfterMillis / 1000)} seconds, or ask an administrator.`),
  SignedOut: fixed("SIGNED_OUT", "Sign in: there is no session, or it has ended."),
  FederatedRefused: said("OIDC_FAILED"),
  IdentityRefused: said("OIDC_FAILED"),
  PasswordWeak: said("PASSWORD_WEAK"),
  PasswordsBusy: fixed("STORE_UNAVAILABLE", "Too many passwords are being looked at: try again in a moment."),
  OperatorNotFound: fixed("OPERATOR_NOT_FOUND", "Read the list of operators again."),
  OperatorTaken: fixed(
    "OPERATOR_TAKEN",
    "Names that differ by capitals or blanks alone are one person's: choose another."
  ),
  LastAdministrator: fixed("LAST_ADMINISTRATOR", "Make another one first: nobody could mend this."),
  NotOneself: fixed("NOT_ONESELF", "Nobody changes his own role or door: ask another administrator."),
  RoleNeeded: ({ needed }) => Problem.make("ROLE_NEEDED", `This takes the role ${needed}.`),
  OperatorInvalid: ({ field: name, detail }) => field(name === "note" ? "reason" : name, detail),
  ProposalNotFound: fixed("PROPOSAL_NOT_FOUND", "Read the list of proposals again."),
  ProposalEnded: said("PROPOSAL_ENDED"),
  SecondPersonNeeded: fixed("SECOND_PERSON_NEEDED", "You proposed it: another operator has to approve it."),
  NotYours: fixed("ROLE_NEEDED", "Only who proposed it can take it."),
  ProposalOpen: ({ existing }) =>
    Problem.make("PROPOSAL_OPEN", `${existing.id}, by ${existing.proposedBy}, is to be decided first.`),
  AppNotFound: fixed("APP_NOT_FOUND", isKnownHere),
  EndpointNotFound: fixed("APP_NOT_FOUND", isKnownHere),
  KeyNotFound: fixed("APP_NOT_FOUND", isKnownHere),
  AppTaken: fixed("APP_TAKEN", "Choose another id."),
  Limited: said("LIMIT_REACHED"),
  TooManyKeys: fixed("LIMIT_REACHED", "Two keys are in use: revoke one first, or rotate."),
  Malformed: ({ what, detail }) => field(what, detail),
  DayInvalid: said("DAY_INVALID"),
  DayBusy: fixed("DAY_BUSY", "It, or another day of the vendor, is being run: try again in a minute."),
  DayUnknown: fixed("DAY_UNKNOWN", "Run it first."),
  DifferenceUnknown: fixed("DIFFERENCE_UNKNOWN", "Read the day again.")
}

/** A failure of what operators call, as the problem that they are answered. */
export const ofOperators = (failure: Failure | OperatorFailure): Problem.Problem => {
  switch (failure._tag) {
    case "OrderNotFound":
      return Problem.make("ORDER_NOT_FOUND", "There is no order of this number.")
    case "EventNotFound":
      return Problem.make("EVENT_NOT_FOUND", "There is no such event, or it is no longer kept.")
    case "UnknownVendor":
      return Problem.make("VENDOR_UNKNOWN", "No vendor of this name is configured.")
    case "StoreUnavailable":
      return Problem.make("STORE_UNAVAILABLE", "Nothing was done. Try again in a moment.")
    case "Unsettled":
      return Problem.make(
        "IN_FLIGHT",
        "It is not known yet whether this is on disk: look at the order before you try again."
      )
    default: {
      const known = (forOperators as { readonly [tag: string]: ((failure: never) => Problem.Problem) | undefined })[
        failure._tag
      ]
      return known === undefined ? of(failure as Failure) : known(failure as never)
    }
  }
}

/** Whoever read the request in another way would see another one next: none is taken from this connection. */
const lasts: ReadonlySet<Problem.Code> = new Set(["REQUEST_MALFORMED", "HEADER_REPEATED", "HEADERS_TOO_LARGE"])

/** The headers that go with a problem. */
const headersOf = ({ status, code }: Problem.Problem): Record<string, string> => ({
  ...(lasts.has(code) ? { connection: "close" } : {}),
  ...(Problem.isPassing(code) ? { "retry-after": String(retryAfterSeconds(code)) } : {}),
  ...(status === 401 && code === "UNAUTHORIZED" ? { "www-authenticate": 'Bearer realm="payment-proxy"' } : {})
})

/** A problem as an answer. */
export const answer = (problem: Problem.Problem): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeJson(problem, {
    status: problem.status,
    contentType: Problem.contentType,
    headers: headersOf(problem)
  })

/** A failure as the proxied door refuses with it; nothing has left for the vendor. */
export const refusalOf = (failure: Failure): Refusal.Refusal => {
  const { errors, ...problem } = of(failure)
  return new Refusal.Refusal({
    problem: errors === undefined ? problem : { ...problem, errors },
    headers: Object.entries(headersOf({ ...problem })).flat()
  })
}

/** Every failure of a handler as its answer; the cause of an unavailable store goes to the log. */
export const answered = <R>(
  handler: Effect.Effect<HttpServerResponse.HttpServerResponse, Failure, R>
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
  handler.pipe(
    Effect.tapErrorTag("StoreUnavailable", ({ cause }) => Effect.logError("The store is not available.", cause)),
    Effect.catchAll((failure) => Effect.succeed(answer(of(failure))))
  )

const lockedFor = ({ retryAfterMillis }: SignIn.SignInLocked, refusal: HttpServerResponse.HttpServerResponse) =>
  HttpServerResponse.setHeader(refusal, "retry-after", String(Math.max(1, Math.ceil(retryAfterMillis / 1000))))

/** A failure of what operators call as its answer. */
export const refusal = (failure: Failure | OperatorFailure): HttpServerResponse.HttpServerResponse => {
  const refused = answer(ofOperators(failure))
  return failure._tag === "SignInLocked" ? lockedFor(failure, refused) : refused
}

/** The same as `answered` for what operators call; what is no failure stays as it is, and `refused` answers what is one. */
export const answering = <A, R>(
  handler: Effect.Effect<A, Failure | OperatorFailure, R>,
  refused: (failure: Failure | OperatorFailure) => HttpServerResponse.HttpServerResponse = refusal
): Effect.Effect<A | HttpServerResponse.HttpServerResponse, never, R> =>
  handler.pipe(
    Effect.tapErrorTag("StoreUnavailable", ({ cause }) => Effect.logError("The store is not available.", cause)),
    Effect.catchAll((failure) => Effect.succeed(refused(failure)))
  )

const isProblem = Schema.is(Problem.Problem)

/** What went wrong outside a handler, as the problem that the caller is answered. */
const problemOf = (error: unknown, elsewhere: string): Problem.Problem | undefined => {
  if (error instanceof Refused) return error.problem
  if (isProblem(error)) return error
  if (error instanceof HttpApiError.HttpApiDecodeError) {
    const faults = error.issues.map(({ path, message }) => ({
      pointer: Decoding.pointerOf(path),
      code: "PARAMETER_INVALID",
      detail: message
    }))
    return Problem.make("PARAMETER_INVALID", "The address has faults.", faults)
  }
  return error instanceof HttpServerError.RouteNotFound
    ? Problem.make("NOT_FOUND", `There is nothing at this address for this method. ${elsewhere}`)
    : undefined
}

const unforeseen = Problem.make(
  "INTERNAL",
  "It is on record. Ask for the order, or try again with the same Idempotency-Key."
)

/** An answer, whatever happens: what we did not foresee is logged and shown as nothing. */
export const guarded = <E, R>(
  app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>,
  elsewhere = "/docs lists what there is."
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
  Effect.catchAllCause(app, (cause) => {
    const problem = problemOf(Cause.squash(cause), elsewhere)
    if (problem !== undefined) return Effect.succeed(answer(problem))
    if (Cause.isInterruptedOnly(cause)) return Effect.succeed(HttpServerResponse.empty({ status: 499 }))
    return Effect.logError("A request failed in a way that was not foreseen.", cause).pipe(
      Effect.as(answer(unforeseen))
    )
  })
