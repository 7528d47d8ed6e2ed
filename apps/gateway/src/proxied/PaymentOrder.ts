import type { Problem } from "@payment-proxy/api"
import { Proxied } from "@payment-proxy/application"
import type { Payment } from "@payment-proxy/domain"
import type { App, CrashPoint, Mapping, Operation, Recognised } from "@payment-proxy/ports"
import { Apps, CrashPoints, InDoubt, Mappings, Unreachable } from "@payment-proxy/ports"
import { Answer, Deadline, Filter, Headers, type Message, Path, Pattern, Refusal } from "@payment-proxy/proxy"
import { Clock, type Context, Effect, Either, Option, Schema } from "effect"
import { refusalOf, refuse } from "../Problems.ts"
import * as CardNumbers from "./CardNumbers.ts"

/** The header by which an answer names our order. */
export const orderHeader = "payment-proxy-order"

/** How much of a vendor's answer is read for what it says. */
const maxAnswerBytes = 1024 * 1024

type Failure = Refusal.Refusal | Refusal.Broken
type Heard = Proxied.Heard<Message.Response>

const goesOn = " The order is on record and goes on: send the same call again, close it, or look at it."

/** A call that came to nothing: the caller is told why, and the order what that means for it. */
const unheard = ({ _tag, problem, headers }: Failure): Heard => ({
  answer: Either.left(
    _tag === "Refusal" ? new Unreachable({ detail: problem.detail }) : new InDoubt({ detail: problem.detail })
  ),
  response: Answer.ofProblem({ problem: { ...problem, detail: `${problem.detail}${goesOn}` }, headers })
})

/** How the calls of a route are read. */
interface Reading {
  readonly mapping: Mapping
  /** Card numbers may pass. */
  readonly isInScope: boolean
}

/** The answer, with as much of its body read as says something. */
const heard = (answer: Message.Response, askedAtMillis: number): Effect.Effect<Heard, Refusal.Broken> => {
  const { status, headers, body } = answer
  const whole = (bytes: Uint8Array, isWhole: boolean, response: Message.Response): Heard => ({
    answer: Either.right({ status, headers, body: bytes, isWhole, askedAtMillis }),
    response
  })
  if (body._tag === "Bytes") return Effect.succeed(whole(body.bytes, true, answer))
  if (body._tag === "Outgoing")
    return Effect.map(body.peek(maxAnswerBytes), (peeked) =>
      whole(peeked.bytes, peeked.isWhole, { ...answer, body: peeked.body })
    )
  return Effect.succeed(whole(new Uint8Array(), body._tag === "Empty", answer))
}

const unforeseen = unheard(Refusal.broken("INTERNAL", "It is on record."))

/** Passes a call on, and listens to its answer; nothing of it is written after `untilMillis`. */
const listening =
  (next: Filter.Handler, request: Message.Request, reading: Reading, operation: Operation) => (untilMillis: number) =>
    Effect.flatMap(CrashPoints, ({ hit }) =>
      Effect.flatMap(Clock.currentTimeMillis, (askedAtMillis) => {
        const leftMillis = Math.min(reading.mapping.limitMillis(operation), untilMillis - askedAtMillis)
        return next(Deadline.within(request, leftMillis)).pipe(
          Effect.tap(() => hit("K07")),
          Effect.flatMap((answer) => heard(answer, askedAtMillis)),
          Effect.catchAll((failure) => Effect.succeed(unheard(failure))),
          Effect.catchAllDefect((defect) =>
            Effect.as(Effect.logError("A filter failed in a way that was not foreseen.", defect), unforeseen)
          )
        )
      })
    )

type Failed =
  | Effect.Effect.Error<ReturnType<typeof Proxied.create<Message.Response, never>>>
  | Effect.Effect.Error<ReturnType<typeof Proxied.close<Message.Response, never>>>

/** What leaves a use case, as the caller is answered; the order that it is about is named. */
const failed = (failure: Failed): Refusal.Refusal => {
  const naming = (code: Problem.Code, detail: string, { payOrderNo }: Payment.Payment): Refusal.Refusal => {
    const { problem, headers } = refusalOf(refuse(code, detail))
    return new Refusal.Refusal({ problem, headers: [...headers, orderHeader, payOrderNo] })
  }
  switch (failure._tag) {
    case "NumberTaken":
      return refusalOf(refuse("NUMBER_TAKEN", "Send a number of your own: this one is another order's."))
    case "NumberReused":
      return naming("NUMBER_REUSED", "Send a new number for a new order: this one had another body.", failure.payment)
    case "OrderEnded":
      return naming("ORDER_ENDED", `Nothing was sent: the order is ${failure.payment.state}.`, failure.payment)
    case "Unrecorded":
      return naming(
        "ANSWER_NOT_RECORDED",
        "Send the same call again, with the same number: what the vendor answered is not on disk yet.",
        failure.payment
      )
    default:
      return refusalOf(failure)
  }
}

const unclear = (detail: string): Refusal.Refusal => refusalOf(refuse("CALL_UNCLEAR", detail))
const noCaller = refuse("UNAUTHORIZED", "A mapped call is an app's: the route takes calls of apps alone.")
const unlisted = refuse("NOT_FOUND", "The route passes no such call.")
const card = refuse("CARD_NUMBER", "Take the card's number out: card numbers never pass here.")

/** A mapped body, whole; one over its limit is refused before anything leaves. */
const bytesOf = ({ body }: Message.Request, { maxBodyBytes }: Mapping): Effect.Effect<Uint8Array, Refusal.Refusal> => {
  if (body._tag === "Bytes") return Effect.succeed(body.bytes)
  if (body._tag !== "Incoming") return Effect.succeed(new Uint8Array())
  return body.claim(maxBodyBytes).pipe(
    Effect.map(({ bytes }) => bytes),
    Effect.mapError((refusal) =>
      refusal.problem.code === "BODY_TOO_LARGE"
        ? new Refusal.Refusal({ problem: { ...refusal.problem, status: 422 }, headers: [] })
        : refusal
    )
  )
}

const utf8 = new TextDecoder()

const hasCard = ({ path, query }: Message.Request, body: Uint8Array): boolean =>
  CardNumbers.areIn(utf8.decode(body), path, query)

/** A body as it is written: whole, unless a test wants to stop in the middle of it. */
const writable = (bytes: Uint8Array, half: CrashPoint, whole?: CrashPoint) =>
  Effect.map(CrashPoints, ({ written }): Message.Bytes | Message.Pieces => {
    const pieces = written(utf8.decode(bytes), half, whole)
    return typeof pieces === "string" ? { _tag: "Bytes", bytes } : { _tag: "Pieces", length: bytes.length, pieces }
  })

/** Everything that a mapped call needs of the application. */
export type Needs = Effect.Effect.Context<ReturnType<typeof passed>>

/** A create, whole before anything of it leaves. */
const created = Effect.fnUntraced(function* (
  reading: Reading,
  next: Filter.Handler,
  request: Message.Request,
  app: App
) {
  const { mapping, isInScope } = reading
  const bytes = yield* bytesOf(request, mapping)
  if (!isInScope && hasCard(request, bytes)) return yield* refusalOf(card)
  const { method, path, query, headers } = request
  const call = { method, path, query, headers, body: bytes }
  const order = yield* Either.mapLeft(mapping.order(call), refusalOf)
  const body = yield* writable(bytes, "K05", "K06")
  const send = listening(next, { ...request, body }, reading, "create")
  return yield* Effect.mapError(Proxied.create({ app, mapping, call, order }, send), failed)
})

/** A query or a close of an order that is the app's own. */
const about = Effect.fnUntraced(function* (
  reading: Reading,
  next: Filter.Handler,
  request: Message.Request,
  app: App,
  { operation, ...subject }: Exclude<Recognised, { readonly operation: "create" }>
) {
  const { mapping, isInScope } = reading
  const bytes = yield* bytesOf(request, mapping)
  if (!isInScope && hasCard(request, bytes)) return yield* refusalOf(card)
  const body: Message.Request["body"] = bytes.length === 0 ? { _tag: "Empty" } : { _tag: "Bytes", bytes }
  const send = listening(next, { ...request, body }, reading, operation)
  const through = operation === "query" ? Proxied.query : Proxied.close
  return yield* Effect.mapError(through(app.id, mapping, subject, send), failed)
})

/** A call that the mapping names, through the order that it is about. */
const passed = Effect.fnUntraced(function* (
  reading: Reading,
  next: Filter.Handler,
  request: Message.Request,
  recognised: Recognised
) {
  if (request.caller === null) return yield* refusalOf(noCaller)
  const apps = yield* Apps
  const found = yield* Effect.mapError(apps.byId(request.caller), refusalOf)
  const app = Option.getOrUndefined(found)
  if (app === undefined) return yield* refusalOf(noCaller)
  const { payment, response } = yield* recognised.operation === "create"
    ? created(reading, next, request, app)
    : about(reading, next, request, app, recognised)
  const headers = Headers.set(response.headers, orderHeader, payment.payOrderNo)
  if (response.body._tag !== "Bytes") return { ...response, headers }
  return { ...response, headers, body: yield* writable(response.body.bytes, "K11") }
})

/** No vendor names our orders. */
const withoutOrder = (response: Message.Response): Message.Response => ({
  ...response,
  headers: Headers.without(response.headers, orderHeader)
})

/** The calls of a mapping, as the route lists them. */
const operationsOf = ({ operations }: Mapping): Either.Either<ReadonlyArray<Pattern.Pattern>, string> =>
  Either.all(operations.map(({ method, path }) => Pattern.parse(`${method} ${path.replace(/\?.*$/, "")}`)))

/**
 * Recognises the creates, queries and closes of a vendor's own API by its mapping: an order is on disk before its create
 * leaves, and what an answer says before the caller has it. Other calls go on as they are. `pci`: card numbers may pass.
 */
export const kind = Filter.kind({
  name: "payment-order",
  options: Schema.Struct({ pci: Schema.optionalWith(Schema.Boolean, { default: () => false }) }),
  make: ({ pci }, { vendor }) =>
    Effect.gen(function* () {
      const mapping = Option.getOrUndefined((yield* Mappings).of(vendor))
      if (mapping === undefined)
        return yield* new Filter.FilterUnfit({ faults: [{ at: "", detail: `${vendor} has no mapping to read by.` }] })
      const operations = yield* Either.mapLeft(
        operationsOf(mapping),
        (detail) => new Filter.FilterUnfit({ faults: [{ at: "", detail }] })
      )
      const reading = { mapping, isInScope: pci }
      const context = yield* Effect.context<Needs>()
      const isNamed = ({ method, path }: Message.Request): boolean =>
        operations.some((pattern) => Pattern.matches(pattern, method, Path.canonical(path)))
      return {
        operations,
        around: (next) => (request) =>
          Either.match(mapping.recognise(request.method, request.path, request.query), {
            onLeft: unclear,
            onRight: (recognised) => {
              if (recognised === null)
                return isNamed(request) ? refusalOf(unlisted) : Effect.map(next(request), withoutOrder)
              return Effect.mapInputContext(
                passed(reading, next, request, recognised),
                (_: Context.Context<never>) => context
              )
            }
          })
      }
    })
})
