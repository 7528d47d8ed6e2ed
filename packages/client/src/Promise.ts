import { FetchHttpClient, HttpClient } from "@effect/platform"
import { Cause, Clock, Effect, Either, Exit, Redacted, Stream } from "effect"
import type { Code, Failure, Fault, SettingsInvalid } from "./Failure.ts"
import * as PaymentProxy from "./PaymentProxy.ts"
import type * as Retry from "./Retry.ts"
import * as Webhook from "./Webhook.ts"
import type * as Words from "./Words.ts"

export type { Fault } from "./Failure.ts"
export type { WebhookEvent, WebhookHeaders } from "./Webhook.ts"
export type * from "./Words.ts"

/**
 * What every rejection is: `code` is stable. `status` is the HTTP status of a refusal, null where there was no answer;
 * `retryAfterMillis` and `idempotencyKey` where there are such.
 */
export class PaymentProxyError extends Error {
  override readonly name: string = "PaymentProxyError"
  readonly code: Code
  readonly status: number | null
  readonly errors: ReadonlyArray<Fault>
  readonly retryAfterMillis: number | null
  readonly idempotencyKey: string | null

  constructor(failure: Failure | SettingsInvalid | Webhook.WebhookRefused) {
    super(failure.message)
    const problem = failure._tag === "PaymentProxyProblem" ? failure : null
    this.code = codeOf(failure)
    this.status = problem?.status ?? null
    this.errors = problem?.errors ?? []
    this.retryAfterMillis = problem?.retryAfterMillis ?? null
    this.idempotencyKey = "idempotencyKey" in failure ? failure.idempotencyKey : null
  }
}

const codeOf = (failure: Failure | SettingsInvalid | Webhook.WebhookRefused): Code => {
  switch (failure._tag) {
    case "PaymentProxyProblem":
    case "WebhookRefused":
      return failure.code
    case "PaymentProxyUnreachable":
      return "UNREACHABLE"
    case "PaymentProxyUnreadable":
      return "ANSWER_UNREADABLE"
    case "SettingsInvalid":
      return "SETTINGS_INVALID"
  }
}

/** How a client is made. */
export interface Options {
  /** Like `https://pay.example`. */
  readonly baseUrl: string
  /** The app's key. */
  readonly key: string
  /** How long one try may take; 30 s unless given. */
  readonly tryLimitMillis?: number | undefined
  /** How often and how long a create, a refund and a read are tried; 5 times within 60 s unless given. */
  readonly pace?: Retry.Pace | undefined
  /** In place of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** How a call is given up: it rejects with the signal's reason. */
export interface Abortable {
  readonly signal?: AbortSignal | undefined
}

/** What can be done with orders; every promise rejects with a `PaymentProxyError`. */
export interface Orders {
  /** Places an order: under one key, tried again with it while nobody knows what became of it. */
  readonly create: (order: Words.NewOrder, options?: Words.Keyed & Abortable) => Promise<Words.Placed>
  /** The order, at once or when it has changed. */
  readonly get: (payOrderNo: string, options?: Words.Waiting & Abortable) => Promise<Words.Order>
  /** A page of orders, newest first. */
  readonly search: (criteria?: Words.Criteria, options?: Abortable) => Promise<Words.OrderList>
  /** Asks for its end; the vendor decides whether it comes too late. */
  readonly close: (payOrderNo: string, options?: Abortable) => Promise<Words.Order>
  /** Takes held money: a part, whose rest is released, or all. */
  readonly capture: (payOrderNo: string, amount?: Words.Amount, options?: Abortable) => Promise<Words.Order>
  /** Asks the vendor now. */
  readonly sync: (payOrderNo: string, options?: Abortable) => Promise<Words.Order>
  /** Gives back a part, or what is left: under one key, tried again with it while nobody knows what became of it. */
  readonly refund: (
    payOrderNo: string,
    refund?: Words.NewRefund,
    options?: Words.Keyed & Abortable
  ) => Promise<Words.Refunded>
  /** One refund, at once or when it has changed. */
  readonly getRefund: (
    payOrderNo: string,
    refundNo: string,
    options?: Words.Waiting & Abortable
  ) => Promise<Words.Refund>
  /** All its refunds, oldest first. */
  readonly refunds: (payOrderNo: string, options?: Abortable) => Promise<ReadonlyArray<Words.Refund>>
  /** What happened to it, oldest first. */
  readonly history: (payOrderNo: string, options?: Abortable) => Promise<ReadonlyArray<Words.HistoryItem>>
  /** What was told of it, and what became of each at the app's endpoints. */
  readonly events: (payOrderNo: string, options?: Abortable) => Promise<ReadonlyArray<Words.KeptEvent>>
  /** Its events and its refunds' as they come about, for `for await`; leaving the loop ends it. */
  readonly watch: (
    payOrderNo: string,
    options?: { readonly lastEventId?: string | undefined } & Abortable
  ) => AsyncIterable<Webhook.WebhookEvent>
  /** The order as soon as `isWanted`, or as it is when it has ended or the time is over. */
  readonly waitUntil: (
    payOrderNo: string,
    isWanted: (order: Words.Order) => boolean,
    options?: Words.Within & Abortable
  ) => Promise<Words.Order>
  /** The order as soon as its vendor has had a word on it, or as it is when the time is over. */
  readonly waitUntilSettled: (payOrderNo: string, options?: Words.Within & Abortable) => Promise<Words.Order>
}

/** The gateway as a business system calls it, with its own key. */
export interface Client {
  readonly orders: Orders
  readonly events: {
    /** Sends an event again to every endpoint that it was meant for. */
    readonly redeliver: (id: string, options?: Abortable) => Promise<Words.KeptEvent>
  }
}

const run = <A>(effect: Effect.Effect<A, Failure>, { signal }: Abortable = {}): Promise<A> =>
  Effect.runPromiseExit(effect, signal === undefined ? {} : { signal }).then(
    Exit.match({
      onSuccess: (value) => Promise.resolve(value),
      onFailure: (cause) => Promise.reject(reasonOf(cause, signal))
    })
  )

const reasonOf = (cause: Cause.Cause<Failure>, signal: AbortSignal | undefined): unknown => {
  if (signal?.aborted === true && Cause.isInterrupted(cause)) return signal.reason
  const failure = Cause.failureOption(cause)
  return failure._tag === "Some" ? new PaymentProxyError(failure.value) : Cause.squash(cause)
}

const aborted = (signal: AbortSignal): Effect.Effect<never, unknown> =>
  Effect.async((resume) => {
    const told = () => resume(Effect.fail(signal.reason))
    if (signal.aborted) return told()
    signal.addEventListener("abort", told, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", told))
  })

const iterable = <A>(stream: Stream.Stream<A, Failure>, signal: AbortSignal | undefined): AsyncIterable<A> => {
  const told = Stream.mapError(stream, (failure): unknown => new PaymentProxyError(failure))
  return Stream.toAsyncIterable(signal === undefined ? told : Stream.interruptWhen(told, aborted(signal)))
}

const madeOf = ({ baseUrl, key, tryLimitMillis, pace, fetch }: Options) =>
  PaymentProxy.make({ baseUrl, key: Redacted.make(key), tryLimitMillis, pace }).pipe(
    Effect.provideServiceEffect(
      HttpClient.HttpClient,
      Effect.map(HttpClient.HttpClient, (client) =>
        fetch === undefined
          ? client
          : HttpClient.transformResponse(client, Effect.provideService(FetchHttpClient.Fetch, fetch))
      )
    ),
    Effect.provide(FetchHttpClient.layer),
    Effect.either,
    Effect.runSync
  )

/** A client for code without Effect; throws a `PaymentProxyError` `SETTINGS_INVALID` where an option cannot be. */
export const createClient = (options: Options): Client => {
  const { orders, events } = Either.getOrThrowWith(madeOf(options), (fault) => new PaymentProxyError(fault))
  return {
    orders: {
      create: (order, how) => run(orders.create(order, how), how),
      get: (payOrderNo, how) => run(orders.get(payOrderNo, how), how),
      search: (criteria, how) => run(orders.search(criteria), how),
      close: (payOrderNo, how) => run(orders.close(payOrderNo), how),
      capture: (payOrderNo, amount, how) => run(orders.capture(payOrderNo, amount), how),
      sync: (payOrderNo, how) => run(orders.sync(payOrderNo), how),
      refund: (payOrderNo, refund, how) => run(orders.refund(payOrderNo, refund, how), how),
      getRefund: (payOrderNo, refundNo, how) => run(orders.getRefund(payOrderNo, refundNo, how), how),
      refunds: (payOrderNo, how) => run(orders.refunds(payOrderNo), how),
      history: (payOrderNo, how) => run(orders.history(payOrderNo), how),
      events: (payOrderNo, how) => run(orders.events(payOrderNo), how),
      watch: (payOrderNo, how = {}) => iterable(orders.watch(payOrderNo, how), how.signal),
      waitUntil: (payOrderNo, isWanted, how) => run(orders.waitUntil(payOrderNo, isWanted, how), how),
      waitUntilSettled: (payOrderNo, how) => run(orders.waitUntilSettled(payOrderNo, how), how)
    },
    events: { redeliver: (id, how) => run(events.redeliver(id), how) }
  }
}

/** A delivery as it came to the app's endpoint. */
export interface Delivery {
  /** `whsec_…`, any of which may have signed: the new and the old one while a secret is rotated. */
  readonly secrets: ReadonlyArray<string>
  readonly headers: Webhook.WebhookHeaders
  /** The raw body as it came, before anything has parsed it. */
  readonly body: Uint8Array | string
  /** How old or how far ahead a delivery may be; 5 min unless given. */
  readonly toleranceMillis?: number | undefined
}

/** The event of a signed delivery; throws a `PaymentProxyError` whose `code` says why it is not to be trusted. */
export const verifyWebhook = (delivery: Delivery): Webhook.WebhookEvent =>
  Either.getOrThrowWith(
    Webhook.verify({ ...delivery, nowMillis: Effect.runSync(Clock.currentTimeMillis) }),
    (refused) => new PaymentProxyError(refused)
  )
