import { randomUUID } from "node:crypto"
import { HttpApiClient, HttpClient } from "@effect/platform"
import { Api, Parameters } from "@payment-proxy/api"
import { Clock, Config, Context, Effect, Layer, type Redacted, Stream } from "effect"
import type { ConfigError } from "effect/ConfigError"
import { type Failure, type SettingsInvalid, withKey } from "./Failure.ts"
import * as Request from "./Request.ts"
import * as Retry from "./Retry.ts"
import * as Transport from "./Transport.ts"
import * as Watch from "./Watch.ts"
import type { WebhookEvent } from "./Webhook.ts"
import type {
  Amount,
  Criteria,
  HistoryItem,
  KeptEvent,
  Keyed,
  NewOrder,
  NewRefund,
  Order,
  OrderList,
  Placed,
  Refund,
  Refunded,
  Waiting,
  Within
} from "./Words.ts"

/** How a client is made. */
export interface Settings extends Transport.Target {
  /** How long one try may take; 30 s unless given. Waiting for a change comes on top. */
  readonly tryLimitMillis?: number | undefined
  /** How often and how long a create, a refund and a read are tried; 5 times within 60 s unless given. */
  readonly pace?: Retry.Pace | undefined
}

type Answer<A> = Effect.Effect<A, Failure>

/** What can be done with orders. */
export interface Orders {
  /** Places an order: under one key, tried again with it while nobody knows what became of it. */
  readonly create: (order: NewOrder, options?: Keyed) => Answer<Placed>
  /** The order, at once or when it has changed. */
  readonly get: (payOrderNo: string, options?: Waiting) => Answer<Order>
  /** A page of orders, newest first. */
  readonly search: (criteria?: Criteria) => Answer<OrderList>
  /** Asks for its end; the vendor decides whether it comes too late. */
  readonly close: (payOrderNo: string) => Answer<Order>
  /** Takes held money: a part, whose rest is released, or all. */
  readonly capture: (payOrderNo: string, amount?: Amount) => Answer<Order>
  /** Asks the vendor now. */
  readonly sync: (payOrderNo: string) => Answer<Order>
  /** Gives back a part, or what is left: under one key, tried again with it while nobody knows what became of it. */
  readonly refund: (payOrderNo: string, refund?: NewRefund, options?: Keyed) => Answer<Refunded>
  /** One refund, at once or when it has changed. */
  readonly getRefund: (payOrderNo: string, refundNo: string, options?: Waiting) => Answer<Refund>
  /** All its refunds, oldest first. */
  readonly refunds: (payOrderNo: string) => Answer<ReadonlyArray<Refund>>
  /** What happened to it, oldest first. */
  readonly history: (payOrderNo: string) => Answer<ReadonlyArray<HistoryItem>>
  /** What was told of it, and what became of each at the app's endpoints. */
  readonly events: (payOrderNo: string) => Answer<ReadonlyArray<KeptEvent>>
  /** Its events and its refunds' as they come about: those that were, then those to come, through cut connections. */
  readonly watch: (
    payOrderNo: string,
    options?: { readonly lastEventId?: string | undefined }
  ) => Stream.Stream<WebhookEvent, Failure>
  /** The order as soon as `isWanted`, or as it is when it has ended or the time is over. */
  readonly waitUntil: (payOrderNo: string, isWanted: (order: Order) => boolean, options?: Within) => Answer<Order>
  /** The order as soon as its vendor has had a word on it, or as it is when the time is over. */
  readonly waitUntilSettled: (payOrderNo: string, options?: Within) => Answer<Order>
}

/** The gateway as a business system calls it, with its own key. */
export class PaymentProxy extends Context.Tag("@payment-proxy/client/PaymentProxy")<
  PaymentProxy,
  {
    readonly orders: Orders
    readonly events: {
      /** Sends an event again to every endpoint that it was meant for. */
      readonly redeliver: (id: string) => Answer<KeptEvent>
    }
  }
>() {}

const usualTryLimitMillis = 30_000
const usualWithinMillis = 300_000

const isSettled = ({ inDoubt, status }: Order): boolean => !inDoubt && status !== "CREATED" && status !== "SUBMITTING"

/** Whether nothing more is to be waited for. */
const isOver = ({ inDoubt, status }: Order): boolean =>
  !inDoubt && (status === "FAILED" || status === "CLOSED" || status === "REFUNDED")

const clientOf = (carrier: Transport.Carrier) =>
  Effect.all({
    orders: HttpApiClient.group(Api, { group: "orders", httpClient: carrier }),
    refunds: HttpApiClient.group(Api, { group: "refunds", httpClient: carrier }),
    events: HttpApiClient.group(Api, { group: "events", httpClient: carrier })
  })

type Client = Effect.Effect.Success<ReturnType<typeof clientOf>>

const keyed = <A>(given: Keyed | undefined, make: (idempotencyKey: string) => Answer<A>): Answer<A> =>
  Effect.suspend(() => Request.idempotencyKey(given?.idempotencyKey ?? randomUUID())).pipe(
    Effect.flatMap((key) => Effect.mapError(make(key), (failure) => withKey(failure, key)))
  )

interface Ways {
  readonly client: Client
  /** Once: where nobody knows what became of it, the order tells. */
  readonly once: <A, E>(call: Effect.Effect<A, E>) => Answer<A>
  /** Again while that is worthwhile: what changes nothing, or is the same under its key. */
  readonly again: <A, E>(call: Effect.Effect<A, E>, besidesMillis?: number) => Answer<A>
}

const orderNo = (payOrderNo: string) => Request.number("ORDER_NOT_FOUND", payOrderNo)

const query = ({ waitSeconds, version }: Waiting) =>
  Request.reading({
    ...(waitSeconds === undefined ? {} : { wait: waitSeconds }),
    ...(version === undefined ? {} : { version })
  })

const placing = ({ client, again, once }: Ways) => ({
  create: (order: NewOrder, options?: Keyed) =>
    keyed(options, (idempotencyKey) =>
      Effect.flatMap(Request.order(order), (payload) =>
        Effect.map(
          again(client.orders.place({ payload, headers: { "idempotency-key": idempotencyKey } })),
          (placed): Placed => ({ order: placed, idempotencyKey })
        )
      )
    ),
  refund: (payOrderNo: string, refund: NewRefund = {}, options?: Keyed) =>
    keyed(options, (idempotencyKey) =>
      Effect.gen(function* () {
        const path = { payOrderNo: yield* orderNo(payOrderNo) }
        const payload = yield* Request.refund(refund)
        const headers = { "idempotency-key": idempotencyKey }
        return { refund: yield* again(client.refunds.place({ path, payload, headers })), idempotencyKey }
      })
    ),
  close: (payOrderNo: string) =>
    Effect.flatMap(orderNo(payOrderNo), (no) => once(client.orders.close({ path: { payOrderNo: no } }))),
  sync: (payOrderNo: string) =>
    Effect.flatMap(orderNo(payOrderNo), (no) => once(client.orders.sync({ path: { payOrderNo: no } }))),
  capture: (payOrderNo: string, amount?: Amount) =>
    Effect.gen(function* () {
      const path = { payOrderNo: yield* orderNo(payOrderNo) }
      const payload = yield* Request.capture({ amount })
      return yield* once(client.orders.capture({ path, payload }))
    })
})

const reading = ({ client, again }: Ways) => ({
  get: (payOrderNo: string, options: Waiting = {}) =>
    Effect.gen(function* () {
      const path = { payOrderNo: yield* orderNo(payOrderNo) }
      const urlParams = yield* query(options)
      return yield* again(client.orders.read({ path, urlParams }), (options.waitSeconds ?? 0) * 1000)
    }),
  getRefund: (payOrderNo: string, refundNo: string, options: Waiting = {}) =>
    Effect.gen(function* () {
      const path = {
        payOrderNo: yield* orderNo(payOrderNo),
        refundNo: yield* Request.number("REFUND_NOT_FOUND", refundNo)
      }
      const urlParams = yield* query(options)
      return yield* again(client.refunds.read({ path, urlParams }), (options.waitSeconds ?? 0) * 1000)
    }),
  search: (criteria: Criteria = {}) =>
    Effect.flatMap(Request.search(criteria), (urlParams) => again(client.orders.search({ urlParams }))),
  refunds: (payOrderNo: string) =>
    Effect.flatMap(orderNo(payOrderNo), (no) =>
      Effect.map(again(client.refunds.list({ path: { payOrderNo: no } })), ({ items }) => items)
    ),
  history: (payOrderNo: string) =>
    Effect.flatMap(orderNo(payOrderNo), (no) =>
      Effect.map(again(client.orders.history({ path: { payOrderNo: no } })), ({ items }) => items)
    ),
  events: (payOrderNo: string) =>
    Effect.flatMap(orderNo(payOrderNo), (no) =>
      Effect.map(again(client.events.list({ path: { payOrderNo: no }, headers: {} })), ({ items }) => items)
    )
})

const waiting = (get: Orders["get"]) => {
  const waitUntil: Orders["waitUntil"] = (payOrderNo, isWanted, { withinMillis = usualWithinMillis } = {}) =>
    Effect.gen(function* () {
      const endMillis = (yield* Clock.currentTimeMillis) + withinMillis
      let order = yield* get(payOrderNo)
      while (!isWanted(order) && !isOver(order)) {
        const leftSeconds = Math.ceil((endMillis - (yield* Clock.currentTimeMillis)) / 1000)
        if (leftSeconds <= 0) return order
        const waitSeconds = Math.min(leftSeconds, Parameters.maxWaitSeconds)
        order = yield* get(payOrderNo, { waitSeconds, version: order.version })
      }
      return order
    })
  return {
    waitUntil,
    waitUntilSettled: (payOrderNo: string, options?: Within) => waitUntil(payOrderNo, isSettled, options)
  }
}

/** A client with these settings, over any `HttpClient`. */
export const make = (settings: Settings): Effect.Effect<PaymentProxy["Type"], SettingsInvalid, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const carrier = yield* Transport.make(settings, yield* HttpClient.HttpClient)
    const client = yield* clientOf(carrier)
    const { tryLimitMillis = usualTryLimitMillis, pace = Retry.usual } = settings
    const ways: Ways = {
      client,
      once: (call) => Transport.called(tryLimitMillis)(call),
      again: (call, besidesMillis = 0) => Retry.again(pace)(Transport.called(tryLimitMillis + besidesMillis)(call))
    }
    const reads = reading(ways)
    return PaymentProxy.of({
      orders: {
        ...placing(ways),
        ...reads,
        ...waiting(reads.get),
        watch: (payOrderNo, { lastEventId } = {}) =>
          Stream.unwrap(
            Effect.map(orderNo(payOrderNo), (no) =>
              Watch.events(carrier, `/v1/orders/${no}/events`, lastEventId ?? null)
            )
          )
      },
      events: {
        redeliver: (id) =>
          Effect.flatMap(Request.number("EVENT_NOT_FOUND", id), (known) =>
            ways.once(client.events.redeliver({ path: { id: known } }))
          )
      }
    })
  })

/** `PaymentProxy` with these settings, over any `HttpClient`, such as `FetchHttpClient.layer`. */
export const layer = (settings: Settings): Layer.Layer<PaymentProxy, SettingsInvalid, HttpClient.HttpClient> =>
  Layer.effect(PaymentProxy, make(settings))

/** The same with settings from the configuration, such as `PAYMENT_PROXY_URL` and a redacted `PAYMENT_PROXY_KEY`. */
export const layerConfig = (settings: {
  readonly baseUrl: Config.Config<string>
  readonly key: Config.Config<Redacted.Redacted>
}): Layer.Layer<PaymentProxy, SettingsInvalid | ConfigError, HttpClient.HttpClient> =>
  Layer.effect(PaymentProxy, Effect.flatMap(Config.all(settings), make))
