import type { Claimed, Delivery, NotDelivered } from "@payment-proxy/ports"
import { Apps, Deliveries, DueWork, Vault, WebhookSender } from "@payment-proxy/ports"
import { Duration, Effect, Option, Random, Redacted } from "effect"
import { Policies } from "./Policy.ts"

/** Where an endpoint's secret is kept: what it is sealed to. */
export const secretContext = (endpoint: string): string => `payment_proxy_app_endpoint/${endpoint}/sealed_secret`

const jittered = (wait: Duration.Duration, jitter: number) =>
  Effect.map(Random.nextRange(1 - jitter, 1 + jitter), (factor) => Duration.times(wait, factor))

/** A vendor of webhooks may ask for patience: between once and twice the scheduled wait is granted. */
const patient = (wait: Duration.Duration, retryAfterMillis: number | null): Duration.Duration =>
  retryAfterMillis === null
    ? wait
    : Duration.clamp(Duration.millis(retryAfterMillis), { minimum: wait, maximum: Duration.times(wait, 2) })

const failed = Effect.fnUntraced(function* (
  claimed: Claimed,
  delivery: Delivery,
  { reason, gone, retryAfterMillis }: NotDelivered
) {
  const due = yield* DueWork
  const deliveries = yield* Deliveries
  const policy = yield* Policies
  const wait = policy.deliver[claimed.tries]
  if (gone || wait === undefined) {
    yield* Effect.logWarning("A delivery was given up.").pipe(
      Effect.annotateLogs({ delivery: delivery.id, payOrderNo: delivery.payOrderNo, reason })
    )
    return yield* deliveries.giveUp(delivery.id, claimed.token, reason)
  }
  return yield* due.postpone(claimed, patient(yield* jittered(wait, policy.jitter), retryAfterMillis), reason)
})

/** A claimed delivery: one signed try; delivered, tried again later on the schedule, or given up. */
export const deliver = Effect.fnUntraced(function* (claimed: Claimed) {
  const due = yield* DueWork
  const apps = yield* Apps
  const vault = yield* Vault
  const sender = yield* WebhookSender
  const found = yield* Effect.flatMap(Deliveries, (deliveries) => deliveries.byId(claimed.id))
  if (Option.isNone(found)) return yield* due.done(claimed, "There is no such delivery.")
  const delivery = found.value
  const app = yield* apps.byId(delivery.app)
  const endpoint = Option.getOrUndefined(app)?.endpoints.find(({ id }) => id === delivery.endpoint)
  if (endpoint === undefined) {
    const deliveries = yield* Deliveries
    return yield* deliveries.giveUp(delivery.id, claimed.token, "The endpoint was removed.")
  }
  const secrets = yield* Effect.forEach(endpoint.sealedSecrets, (sealed) =>
    Effect.map(vault.open(secretContext(endpoint.id), sealed), (secret) => Redacted.make(secret))
  )
  return yield* sender.send({ url: endpoint.url, secrets, eventId: delivery.eventId, body: delivery.body }).pipe(
    Effect.matchEffect({
      onSuccess: (status) => due.done(claimed, `HTTP ${status}`),
      onFailure: (failure) => failed(claimed, delivery, failure)
    })
  )
})
