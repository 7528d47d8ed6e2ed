import { type Claimed, Deliveries, DueWork, Orders } from "@payment-proxy/ports"
import { Duration, Effect } from "effect"
import { aChange, aDelivery, aPayment, fresh } from "../Samples.ts"

/** How long a claim of these suites holds. */
export const lease = Duration.seconds(30)

/** As many as there may ever be. */
export const many = 10_000

let serial = 0

/** An event's id that begins with its time, as those of the application do. */
export const eventId = (): string => {
  serial += 1
  return `evt_${serial.toString(16).padStart(12, "0")}${fresh("").replaceAll(/[^0-9A-Za-z]/g, "")}`
}

/** Whom an order's events go to, in how many of its first versions. */
export interface Announcing {
  readonly endpoints: ReadonlyArray<string | null>
  readonly versions?: number
  readonly app?: string
}

/** An order with one event for all of these endpoints in each version; its deliveries' ids in order. */
export const announced = ({ endpoints, versions = 1, app = fresh("app") }: Announcing) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    let payment = aPayment({ app })
    const eventIds: Array<string> = []
    for (let version = 0; version < versions; version++) {
      const id = eventId()
      const deliveries = endpoints.map((endpoint) => aDelivery(endpoint, { eventId: id }))
      const change = aChange(payment, version, { dueIn: null, deliveries })
      yield* orders.commit([change])
      payment = change.payment
      eventIds.push(id)
    }
    const all = yield* Effect.flatMap(Deliveries, (deliveries) => deliveries.ofOrder(payment.payOrderNo))
    const place = { app, endpoint: endpoints[0] ?? "" }
    return { app, orders, payment, place, eventId: eventIds[0] ?? "", all, ids: all.map(({ id }) => id) }
  })

/** All of a queue that is handed out to us. */
export const claimAll = (queue: Claimed["queue"], avoiding: ReadonlyArray<string> = []) =>
  Effect.flatMap(DueWork, (due) => due.claim(queue, many, lease, { avoiding }))

/** What is handed out to us of these deliveries. */
export const claimed = (ids: ReadonlyArray<string>, avoiding: ReadonlyArray<string> = []) =>
  Effect.map(claimAll("deliveries", avoiding), (all) => all.filter(({ id }) => ids.includes(id)))

/** The ids of pieces of work. */
export const idsOf = (pieces: ReadonlyArray<Claimed>) => pieces.map(({ id }) => id)
