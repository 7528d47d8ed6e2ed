import type { Client, Order, Refund } from "@payment-proxy/client/promise"
import type { Language, Policy, Way } from "./Wares.ts"
import { words } from "./Words.ts"

/** What the shop sold, through the payment proxy; every promise rejects with a `PaymentProxyError`. */
export interface Sales {
  /** Places the order of a policy, called as it is in this language; the same key answers the same order. */
  readonly buy: (policy: Policy, way: Way, language: Language, key: string) => Promise<Order>
  /** The order as it now is; while it is watched, without a call. */
  readonly order: (payOrderNo: string) => Promise<Order>
  /** The latest orders, newest first. */
  readonly orders: () => Promise<ReadonlyArray<Order>>
  readonly refunds: (payOrderNo: string) => Promise<ReadonlyArray<Refund>>
  /** Gives back a part, or what is left; the same key gives back once. */
  readonly refund: (payOrderNo: string, amount: Order["amount"] | null, key: string) => Promise<Refund>
  readonly close: (payOrderNo: string) => Promise<Order>
  /** Stops watching. */
  readonly end: () => void
}

const watchedAtOnce = 50
const watchLimitMillis = 1_800_000
const ordersShown = 50

const isOver = ({ status }: Order): boolean => status === "REFUNDED" || status === "FAILED" || status === "CLOSED"

/** Orders as the gateway's events tell of them, for as long as somebody may look at them. */
const watching = ({ orders }: Client, changed: (payOrderNo: string) => void) => {
  const known = new Map<string, Order>()
  const ending = new AbortController()

  /** The newer of this and what is known; what nobody watches is not kept, as nothing would bring it up to date. */
  const see = (order: Order): Order => {
    const before = known.get(order.payOrderNo)
    if (before === undefined) return order
    if (before.version < order.version) known.set(order.payOrderNo, order)
    return known.get(order.payOrderNo) ?? order
  }

  const follow = async (payOrderNo: string, signal: AbortSignal): Promise<void> => {
    for await (const event of orders.watch(payOrderNo, { signal })) {
      const isEnd = event.kind === "order" && isOver(see(event.data))
      changed(payOrderNo)
      if (isEnd) return
    }
  }

  const watch = (order: Order): Order => {
    const { payOrderNo } = order
    if (known.has(payOrderNo) || known.size >= watchedAtOnce || isOver(order)) return order
    known.set(payOrderNo, order)
    const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(watchLimitMillis)])
    const forget = () => void known.delete(payOrderNo)
    follow(payOrderNo, signal).then(forget, forget)
    return order
  }

  return { known, see, watch, end: () => ending.abort() }
}

/** A shop's sales through this client; the payer comes back to `returnUrl`, and `changed` hears of each order that is watched. */
export const make = (client: Client, returnUrl: string, changed: (payOrderNo: string) => void): Sales => {
  const { known, see, watch, end } = watching(client, changed)
  const { orders } = client
  const now = async (payOrderNo: string) => watch(await orders.get(payOrderNo))
  return {
    buy: async (policy, { vendor, method, source, currency }, language, key) => {
      const { order } = await orders.create(
        {
          vendor,
          method,
          source,
          businessNo: `TRAVEL-${key}`,
          amount: { value: policy.prices[currency], currency },
          description: words[language].sold(policy.name[language]),
          returnUrl,
          metadata: { policy: policy.id }
        },
        { idempotencyKey: key }
      )
      return watch(order)
    },
    order: async (payOrderNo) => known.get(payOrderNo) ?? now(payOrderNo),
    orders: async () => (await orders.search({ limit: ordersShown })).items,
    refunds: (payOrderNo) => orders.refunds(payOrderNo),
    refund: async (payOrderNo, amount, key) => {
      const { refund } = await orders.refund(payOrderNo, amount === null ? {} : { amount }, { idempotencyKey: key })
      see(await orders.get(payOrderNo))
      return refund
    },
    close: async (payOrderNo) => see(await orders.close(payOrderNo)),
    end
  }
}
