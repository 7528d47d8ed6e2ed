import { Currency, Money } from "@payment-proxy/domain"
import { Either } from "effect"
import type { ClientOp, OrderRow, Sources, VendorPayment } from "./Sources.ts"
import type { Violation } from "./Violation.ts"
import { found, grouped } from "./Violation.ts"

const keyOf = ({ app, idempotencyKey }: { readonly app: string; readonly idempotencyKey: string }): string =>
  JSON.stringify([app, idempotencyKey])

const keyOfOrder = ({ app, idempotencyKey, merchantOrderNo }: OrderRow): string =>
  keyOf({ app, idempotencyKey: idempotencyKey ?? merchantOrderNo })

/** I1: what reached the vendor was on disk before. */
const intents = ({ ledger, dump, clocksApartMillis = 0 }: Sources): ReadonlyArray<Violation> => {
  const numbers = new Map(dump.orders.map(({ payOrderNo, merchantOrderNo }) => [payOrderNo, merchantOrderNo]))
  const history = grouped(dump.history, ({ payOrderNo }) => numbers.get(payOrderNo) ?? payOrderNo)
  const ofRefunds = grouped(dump.history, ({ payOrderNo }) => payOrderNo)
  // A vendor that did not read the number of a refund says of which payment it is to be.
  const refundsOf = grouped(dump.refunds ?? [], ({ payOrderNo }) => numbers.get(payOrderNo) ?? payOrderNo)
  const ofAnyRefund = (number: string) =>
    (refundsOf.get(number) ?? []).flatMap(({ refundNo }) => ofRefunds.get(refundNo) ?? [])
  return ledger.requests.flatMap(({ call, number, operationNo, atMillis }) => {
    if (call === "refund" || call === "capture" || call === "complete") {
      const ofRefund = operationNo === undefined ? ofAnyRefund(number) : ofRefunds.get(operationNo)
      const rows = (call === "refund" ? ofRefund : history.get(number)) ?? []
      const isIntended = rows.some(
        (row) =>
          row.atMillis <= atMillis + clocksApartMillis &&
          (call === "refund" ? row.state === "SUBMITTING" : row.cause === call && row.detail === operationNo)
      )
      return found(
        !isIntended,
        "I1",
        operationNo ?? number,
        `A ${call} reached the vendor without its intent before it.`
      )
    }
    if (call !== "create" && call !== "close") return []
    const intent = call === "create" ? "SUBMITTING" : "CLOSING"
    const rows = history.get(number) ?? []
    const isThere = rows.some((row) => row.state === intent && row.atMillis <= atMillis + clocksApartMillis)
    return found(!isThere, "I1", number, `A ${call} reached the vendor without a row ${intent} before it.`)
  })
}

/** I2: one number, one payment and one order; the same bytes for one number, one order for one key. */
const single = ({ ledger, dump, client }: Sources): ReadonlyArray<Violation> => [
  ...[...grouped(ledger.payments, ({ number }) => number)].flatMap(([number, payments]) =>
    found(payments.length > 1, "I2", number, `The vendor holds ${payments.length} payments of it.`)
  ),
  ...[
    ...grouped(
      ledger.requests.filter(({ call, bodyHash }) => call === "create" && bodyHash !== ""),
      ({ number }) => number
    )
  ].flatMap(([number, creates]) =>
    found(new Set(creates.map(({ bodyHash }) => bodyHash)).size > 1, "I2", number, "It was sent with different bytes.")
  ),
  ...[
    ...grouped(
      ledger.requests.filter(({ isAccepted }) => isAccepted),
      ({ number }) => number
    )
  ].flatMap(([number, accepted]) =>
    found(accepted.length > 1, "I2", number, `The vendor accepted it ${accepted.length} times.`)
  ),
  ...[...grouped(dump.orders, ({ merchantOrderNo }) => merchantOrderNo)].flatMap(([number, orders]) =>
    found(orders.length > 1, "I2", number, `There are ${orders.length} orders of one number at the vendor.`)
  ),
  ...[...grouped(dump.orders, keyOfOrder)].flatMap(([key, orders]) =>
    found(orders.length > 1, "I2", key, `There are ${orders.length} orders of one key.`)
  ),
  ...numbersOfKeys(client, dump.orders, ledger.payments)
]

/** The vendor's payments that belong to the orders of one key. */
const numbersOfKeys = (
  client: ReadonlyArray<ClientOp>,
  orders: ReadonlyArray<OrderRow>,
  payments: ReadonlyArray<VendorPayment>
): ReadonlyArray<Violation> => {
  const paid = new Set(payments.filter(({ isPaid }) => isPaid).map(({ number }) => number))
  const numbers = new Map<string, Set<string>>()
  const add = (key: string, number: string) => numbers.set(key, (numbers.get(key) ?? new Set()).add(number))
  const atVendor = new Map(orders.map(({ payOrderNo, merchantOrderNo }) => [payOrderNo, merchantOrderNo]))
  for (const order of orders) add(keyOfOrder(order), order.merchantOrderNo)
  for (const op of client)
    if (op.outcome.type === "ok") add(keyOf(op), atVendor.get(op.outcome.payOrderNo) ?? op.outcome.payOrderNo)
  return [...numbers].flatMap(([key, all]) => {
    const count = [...all].filter((number) => paid.has(number)).length
    return found(count > 1, "I2", key, `It was paid ${count} times.`)
  })
}

const minorOf = ({ value, currency }: ClientOp["amount"]): bigint | undefined =>
  Currency.is(currency)
    ? Either.getOrUndefined(Either.map(Money.parse(value, currency), ({ amountMinor }) => amountMinor))
    : undefined

/** I3: what a client was promised is there as promised, and what it was refused left no trace. */
const promises = ({ client, ledger, dump }: Sources): ReadonlyArray<Violation> => {
  const byNumber = new Map(dump.orders.map((order) => [order.payOrderNo, order]))
  const byKey = new Map(dump.orders.map((order) => [keyOfOrder(order), order]))
  const kept = client.flatMap((op) => {
    if (op.outcome.type !== "ok") return []
    const order = byNumber.get(op.outcome.payOrderNo)
    if (order === undefined)
      return found(true, "I3", op.outcome.payOrderNo, "A client was told of it; it is not there.")
    const isAsAsked =
      order.app === op.app &&
      order.currency === op.amount.currency &&
      order.amountMinor === minorOf(op.amount) &&
      op.outcome.amount.value === op.amount.value &&
      op.outcome.amount.currency === op.amount.currency
    return found(!isAsAsked, "I3", op.outcome.payOrderNo, "It is not what the client asked for.")
  })
  const refused = [...grouped(client, keyOf)].flatMap(([key, ops]) => {
    const isRefused = ops.every(
      ({ outcome, proxied }) =>
        outcome.type === "fail" && outcome.status !== 409 && (proxied?.payOrderNo ?? null) === null
    )
    const order = byKey.get(key)
    const isSent = order !== undefined && ledger.requests.some(({ number }) => number === order.merchantOrderNo)
    return found(
      isRefused && order !== undefined,
      "I3",
      key,
      `Refused, and there is an order${isSent ? ", sent" : ""}.`
    )
  })
  return [...kept, ...refused]
}

/** I3: an order that the vendor's own words were sent back with is the caller's, and what they said of it was on disk by then. */
const passed = ({ client, dump, clocksApartMillis = 0 }: Sources): ReadonlyArray<Violation> => {
  const byNumber = new Map(dump.orders.map((order) => [order.payOrderNo, order]))
  const history = grouped(dump.history, ({ payOrderNo }) => payOrderNo)
  return client.flatMap(({ app, idempotencyKey, proxied, outcome }) => {
    if (proxied === undefined || proxied.payOrderNo === null) return []
    const { payOrderNo, answeredMillis } = proxied
    const order = byNumber.get(payOrderNo)
    const isTheirs = order?.app === app && order.merchantOrderNo === idempotencyKey
    const known = (history.get(payOrderNo) ?? []).filter(({ state }) => state !== "SUBMITTING")
    const earlyMillis = Math.min(...known.map(({ atMillis }) => atMillis)) - answeredMillis
    return [
      ...found(!isTheirs, "I3", payOrderNo, `A call of ${app} with ${idempotencyKey} was answered with it.`),
      ...found(
        outcome.type === "ok" && earlyMillis > clocksApartMillis,
        "I3",
        payOrderNo,
        `Its caller had the answer ${earlyMillis} ms before the disk.`
      )
    ]
  })
}

/** I3: whoever asks for a number is told of its order, as it was at some time; what it said of money is known. */
const answers = ({ told, dump }: Sources): ReadonlyArray<Violation> => {
  const byKey = grouped(dump.orders, ({ app, merchantOrderNo }) => JSON.stringify([app, merchantOrderNo]))
  const history = grouped(dump.history, ({ payOrderNo }) => payOrderNo)
  return told.flatMap(({ app, number, orders, saysPaid }) => {
    const rows = byKey.get(JSON.stringify([app, number])) ?? []
    const names = (all: ReadonlyArray<{ readonly payOrderNo: string }>) =>
      all
        .map(({ payOrderNo }) => payOrderNo)
        .sort()
        .join(", ") || "none"
    const wrong = orders.filter(
      ({ payOrderNo, state }) => state !== null && !(history.get(payOrderNo) ?? []).some((row) => row.state === state)
    )
    const isReflected = rows.every(({ capturedMinor, state }) => capturedMinor > 0n || state === "HELD")
    const isSame = names(orders) === names(rows)
    return [
      ...found(!isSame, "I3", number, `${app} was told of ${names(orders)}; there are ${names(rows)}.`),
      ...wrong.map(({ payOrderNo, state }) => ({
        invariant: "I3" as const,
        subject: payOrderNo,
        detail: `It was said to be ${state}, which it never was.`
      })),
      ...found(saysPaid && !isReflected, "I3", number, "Its caller was told that it is paid; its order knows nothing.")
    ]
  })
}

/** I4: what the vendor says was paid is not told as an end without money. */
const ends = ({ ledger, dump }: Sources): ReadonlyArray<Violation> => {
  const paid = new Set(ledger.payments.filter(({ isPaid }) => isPaid).map(({ number }) => number))
  return dump.orders.flatMap(({ payOrderNo, merchantOrderNo, state }) =>
    found(
      (state === "FAILED" || state === "CLOSED") && paid.has(merchantOrderNo),
      "I4",
      payOrderNo,
      `It rests in ${state}; the vendor was paid.`
    )
  )
}

/** I5: no money is lost or made, order by order and in all. What is HELD waits for a person and is left out. */
const conservation = ({ ledger, dump }: Sources): ReadonlyArray<Violation> => {
  const orders = dump.orders.filter(({ state }) => state !== "HELD")
  const held = new Set(
    dump.orders.filter(({ state }) => state === "HELD").map(({ merchantOrderNo }) => merchantOrderNo)
  )
  const payments = ledger.payments.filter(({ number }) => !held.has(number))
  const byNumber = new Map(payments.map((payment) => [payment.number, payment]))
  const one = orders.flatMap(({ payOrderNo, merchantOrderNo, capturedMinor, refundedMinor }) => {
    const payment = byNumber.get(merchantOrderNo)
    const paidMinor = payment?.isPaid === true ? payment.amountMinor : 0n
    const isEven = capturedMinor === paidMinor && refundedMinor === (payment?.refundedMinor ?? 0n)
    const detail = `We know of ${capturedMinor} paid and ${refundedMinor} back; the vendor of ${paidMinor} and ${payment?.refundedMinor ?? 0n}.`
    return found(!isEven, "I5", payOrderNo, detail)
  })
  const currencies = [...new Set([...orders, ...payments].map(({ currency }) => currency))]
  const all = currencies.flatMap((currency) => {
    const sum = <A extends { readonly currency: string }>(rows: ReadonlyArray<A>, amountOf: (row: A) => bigint) =>
      rows.filter((row) => row.currency === currency).reduce((total, row) => total + amountOf(row), 0n)
    const theirs = sum(payments, (row) => (row.isPaid ? row.amountMinor : 0n) - row.refundedMinor)
    const ours = sum(orders, (row) => row.capturedMinor - row.refundedMinor)
    return found(
      theirs !== ours,
      "I5",
      currency,
      `The vendor holds ${theirs} minor units for us; our orders say ${ours}.`
    )
  })
  return [...one, ...all]
}

/** I5, of refunds: what the vendor gave back by a number of ours is a refund that succeeded, of the same amount, and no other is. */
const refundRows = ({ ledger, dump }: Sources): ReadonlyArray<Violation> => {
  if (dump.refunds === undefined) return []
  const rows = new Map(dump.refunds.map((row) => [row.refundNo, row]))
  const theirs = ledger.payments.flatMap(({ refunds = [] }) => refunds)
  const done = new Map(theirs.filter(({ state }) => state === "succeeded").map((one) => [one.refundNo, one]))
  return [
    ...theirs.flatMap(({ refundNo }) => found(!rows.has(refundNo), "I5", refundNo, "The vendor has it; we do not.")),
    ...dump.refunds.flatMap(({ refundNo, state, amountMinor }) =>
      state === "HELD"
        ? []
        : found(
            (state === "SUCCEEDED") !== done.has(refundNo) ||
              (state === "SUCCEEDED" && done.get(refundNo)?.amountMinor !== amountMinor),
            "I5",
            refundNo,
            `It is ${state} with ${amountMinor}; the vendor gave ${done.get(refundNo)?.amountMinor ?? 0n} back.`
          )
    ),
    ...[...grouped(theirs, ({ refundNo }) => refundNo)].flatMap(([refundNo, all]) =>
      found(all.length > 1, "I2", refundNo, `The vendor holds ${all.length} refunds of it.`)
    )
  ]
}

/** I6: no more went back than came, and no more was asked back. */
const refunds = ({ ledger, dump }: Sources): ReadonlyArray<Violation> => [
  ...dump.orders.flatMap(({ payOrderNo, capturedMinor }) => {
    const asked = (dump.refunds ?? []).filter((row) => row.payOrderNo === payOrderNo && row.state !== "FAILED")
    const askedMinor = asked.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
    return found(askedMinor > capturedMinor, "I6", payOrderNo, `${askedMinor} asked back of ${capturedMinor}.`)
  }),
  ...dump.orders.flatMap(({ payOrderNo, capturedMinor, refundedMinor }) =>
    found(refundedMinor > capturedMinor, "I6", payOrderNo, `${refundedMinor} back of ${capturedMinor}.`)
  ),
  ...ledger.payments.flatMap(({ number, isPaid, amountMinor, refundedMinor }) =>
    found(refundedMinor > (isPaid ? amountMinor : 0n), "I6", number, `The vendor sent ${refundedMinor} back.`)
  )
]

/** I14: one key and body is one order; another body is refused; nothing is created twice. */
const idempotency = ({ client }: Sources): ReadonlyArray<Violation> =>
  [...grouped(client, keyOf)].flatMap(([key, ops]) => {
    const oks = ops.flatMap(({ outcome, bodyHash }) => (outcome.type === "ok" ? [{ ...outcome, bodyHash }] : []))
    return [
      ...found(new Set(oks.map(({ payOrderNo }) => payOrderNo)).size > 1, "I14", key, "It answered several orders."),
      ...found(
        new Set(oks.map(({ bodyHash }) => bodyHash)).size > 1,
        "I14",
        key,
        "It was answered for several bodies."
      ),
      ...found(oks.filter(({ status }) => status === 201).length > 1, "I14", key, "It was answered 201 twice.")
    ]
  })

/** The invariants of money and promises: I1–I6 and I14. */
export const check = (sources: Sources): ReadonlyArray<Violation> =>
  [intents, single, promises, passed, answers, ends, conservation, refundRows, refunds, idempotency].flatMap(
    (invariant) => invariant(sources)
  )
