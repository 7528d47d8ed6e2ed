import {
  Apps,
  Deliveries,
  type Delivery,
  type Message,
  NotDelivered,
  unlimited,
  Vault,
  WebhookSender
} from "@payment-proxy/ports"
import { Clock, Duration, Effect, Fiber } from "effect"
import { secretContext } from "../src/Deliver.ts"
import { loop, Paces } from "../src/Work.ts"
import { placed } from "./harness.ts"

/** A try as an endpoint saw it; `status` is null where it was not answered. */
export interface Try {
  readonly url: string
  readonly eventId: string
  readonly payOrderNo: string
  readonly version: number
  readonly atMillis: number
  readonly status: number | null
}

/** What an endpoint does with a try: a status, or it never answers. */
export type Behaviour = (message: Message) => number | "silent"

/** Endpoints that behave as they are told, and what came to them; `behave` may be changed at any time. */
export interface Endpoints {
  behave: Behaviour
  readonly tries: Array<Try>
  inAir: Map<string, number>
  mostInAir: Map<string, number>
  readonly sender: WebhookSender["Type"]
}

const timeLimit = Duration.seconds(10)

const refused = (status: number | null) =>
  new NotDelivered({ reason: `HTTP ${status}`, status, retryAfterMillis: null, gone: status === 410 })

export const make = (behave: Behaviour): Endpoints => {
  const tries: Array<Try> = []
  const inAir = new Map<string, number>()
  const mostInAir = new Map<string, number>()
  const endpoints: Endpoints = {
    behave,
    tries,
    inAir,
    mostInAir,
    sender: WebhookSender.of({
      send: (message) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            const count = (inAir.get(message.url) ?? 0) + 1
            inAir.set(message.url, count)
            mostInAir.set(message.url, Math.max(count, mostInAir.get(message.url) ?? 0))
          }),
          () =>
            Effect.gen(function* () {
              const does = endpoints.behave(message)
              const status = does === "silent" ? null : does
              const { payOrderNo, version } = JSON.parse(message.body) as { payOrderNo: string; version: number }
              const { url, eventId } = message
              tries.push({ url, eventId, payOrderNo, version, status, atMillis: yield* Clock.currentTimeMillis })
              if (status === null) yield* Effect.sleep(timeLimit)
              return status !== null && status < 300 ? status : yield* refused(status)
            }),
          () => Effect.sync(() => inAir.set(message.url, (inAir.get(message.url) ?? 1) - 1))
        )
    })
  }
  return endpoints
}

/** The events that arrived, in the order of their arrival. */
export const arrived = ({ tries }: Endpoints) => tries.filter(({ status }) => status !== null && status < 300)

/** Whether each order's events arrived in the order of their versions. */
export const isInOrder = (tries: ReadonlyArray<Try>): boolean =>
  tries.every(
    ({ payOrderNo, version }, index) =>
      !tries.slice(0, index).some((earlier) => earlier.payOrderNo === payOrderNo && earlier.version > version)
  )

/** Delivers for as long as `life` goes on, looking for work every `idle`. */
export const delivering = <A, E, R>(endpoints: Endpoints, idle: Duration.Duration, life: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const pace = yield* Paces
    const working = yield* loop("deliveries").pipe(
      Effect.provideService(WebhookSender, endpoints.sender),
      Effect.provideService(Paces, { ...pace, idle }),
      Effect.fork
    )
    const outcome = yield* life
    yield* Fiber.interrupt(working)
    return outcome
  })

/** An app with so many endpoints, each at a URL of its own. */
export const anApp = (id: string, count = 1) =>
  Effect.gen(function* () {
    const vault = yield* Vault
    const endpoints = yield* Effect.forEach(
      Array.from({ length: count }, (_, index) => `${id}-${index}`),
      (endpoint) =>
        Effect.map(vault.seal(secretContext(endpoint), "whsec_c2VjcmV0IG9mIGEgdGVzdCwgMjQgYnl0ZXM="), (sealed) => ({
          id: endpoint,
          url: `https://${endpoint}.example/hooks`,
          sealedSecrets: [sealed],
          events: null,
          stopped: null
        }))
    )
    const app = { id, name: id, endpoints, limits: unlimited, isDisabled: false }
    yield* Effect.flatMap(Apps, (apps) => apps.put(app))
    return app
  })

let orders = 0

/** Another order of an app, with its first two events. */
export const anOrder = (app?: Effect.Effect.Success<ReturnType<typeof anApp>>) =>
  Effect.suspend(() => {
    orders += 1
    return placed({ idempotencyKey: `order-${orders}`, ...(app === undefined ? {} : { app }) })
  })

export const deliveriesOf = (payOrderNo: string): Effect.Effect<ReadonlyArray<Delivery>, never, Deliveries> =>
  Effect.flatMap(Deliveries, (deliveries) => deliveries.ofOrder(payOrderNo)).pipe(Effect.orDie)
