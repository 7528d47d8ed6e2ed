import type { Payment } from "@payment-proxy/domain"
import type { Change, Delivery, OrderFilter } from "@payment-proxy/ports"
import { Duplicate, Orders, Stale } from "@payment-proxy/ports"
import { Clock, Duration, Effect, Either, Option } from "effect"
import * as Due from "./Due.ts"
import type { OrderRow, RefundRow, Tables } from "./Tables.ts"
import { keyOf } from "./Tables.ts"

const keyOfChange = ({ payment, placing }: Change): string | null =>
  placing === null || placing.idempotencyKey === null ? null : keyOf(payment.app, placing.idempotencyKey)

/** What a commit would write; tables are touched only when every change has its place here. */
interface Draft {
  readonly orders: Map<string, OrderRow>
  readonly refunds: Map<string, RefundRow>
  readonly orderByKey: Map<string, string>
  readonly orderByMerchantNo: Map<string, string>
}

const placed = (
  tables: Tables,
  draft: Draft,
  change: Change,
  nowMillis: number
): Either.Either<OrderRow, Duplicate> => {
  const { payment, placing, entry } = change
  const key = keyOfChange(change)
  const merchantNo = keyOf(payment.vendor, payment.merchantOrderNo)
  const holders = [
    payment.payOrderNo,
    key === null ? undefined : (draft.orderByKey.get(key) ?? tables.orderByKey.get(key)),
    draft.orderByMerchantNo.get(merchantNo) ?? tables.orderByMerchantNo.get(merchantNo)
  ]
  const existing = holders.flatMap((no) =>
    no === undefined ? [] : (draft.orders.get(no) ?? tables.orders.get(no) ?? [])
  )[0]
  if (existing !== undefined) return Either.left(new Duplicate({ existing: existing.placed }))
  if (key !== null) draft.orderByKey.set(key, payment.payOrderNo)
  draft.orderByMerchantNo.set(merchantNo, payment.payOrderNo)
  return Either.right({
    placed: { payment, fingerprint: placing?.fingerprint ?? "" },
    sealedRequest: placing?.sealedRequest ?? null,
    history: [entry],
    due: Due.make(nowMillis, change.dueIn),
    note: null
  })
}

const moved = (tables: Tables, draft: Draft, change: Change, nowMillis: number): Either.Either<OrderRow, Stale> => {
  const { payment, expected, entry } = change
  const row = draft.orders.get(payment.payOrderNo) ?? tables.orders.get(payment.payOrderNo)
  return row === undefined || row.placed.payment.version !== expected
    ? Either.left(new Stale({ payOrderNo: payment.payOrderNo }))
    : Either.right({
        ...row,
        placed: { ...row.placed, payment },
        history: [...row.history, entry],
        due: Due.committed(row.due, nowMillis, change)
      })
}

/** A refund's place, or its next version. */
const refunded = (tables: Tables, draft: Draft, change: Change, nowMillis: number): Either.Either<RefundRow, Stale> => {
  const { payment, refund, expected, entry, placing } = change
  const stale = Either.left(new Stale({ payOrderNo: entry.payOrderNo }))
  if (refund === null) return stale
  const row = draft.refunds.get(refund.refundNo) ?? tables.refunds.get(refund.refundNo)
  if (expected > 0)
    return row === undefined || row.placed.refund.version !== expected
      ? stale
      : Either.right({
          ...row,
          placed: { ...row.placed, refund },
          history: [...row.history, entry],
          due: Due.committed(row.due, nowMillis, change)
        })
  const idempotencyKey = placing?.idempotencyKey ?? null
  const isTaken =
    idempotencyKey !== null &&
    [...tables.refunds.values()].some(
      (other) => other.placed.refund.payOrderNo === payment.payOrderNo && other.idempotencyKey === idempotencyKey
    )
  if (row !== undefined || isTaken) return stale
  const fingerprint = placing?.fingerprint ?? ""
  return Either.right({
    placed: { refund, fingerprint },
    app: payment.app,
    idempotencyKey,
    history: [entry],
    due: Due.make(nowMillis, change.dueIn),
    note: null
  })
}

const deliveriesOf = ({ payment, entry, deliveries }: Change, createdAtMillis: number): ReadonlyArray<Delivery> =>
  deliveries.map(({ eventId, endpoint, type, body }) => ({
    id: `dlv_${eventId}_${endpoint ?? "-"}`,
    eventId,
    payOrderNo: entry.payOrderNo,
    version: entry.version,
    app: payment.app,
    endpoint,
    type,
    body,
    createdAtMillis,
    sinceMillis: createdAtMillis,
    state: endpoint === null ? "kept" : "waiting",
    tries: 0,
    dueAtMillis: endpoint === null ? null : createdAtMillis,
    note: null,
    attempts: []
  }))

const commit = (
  tables: Tables,
  changes: ReadonlyArray<Change>,
  nowMillis: number
): Either.Either<void, Stale | Duplicate> => {
  const draft: Draft = { orders: new Map(), refunds: new Map(), orderByKey: new Map(), orderByMerchantNo: new Map() }
  for (const change of changes) {
    if (change.refund !== null) {
      const row = refunded(tables, draft, change, nowMillis)
      if (Either.isLeft(row)) return Either.left(row.left)
      draft.refunds.set(change.refund.refundNo, row.right)
      continue
    }
    const row: Either.Either<OrderRow, Stale | Duplicate> =
      change.expected === 0 ? placed(tables, draft, change, nowMillis) : moved(tables, draft, change, nowMillis)
    if (Either.isLeft(row)) return Either.left(row.left)
    draft.orders.set(change.payment.payOrderNo, row.right)
  }
  for (const [no, row] of draft.orders) tables.orders.set(no, row)
  for (const [no, row] of draft.refunds) tables.refunds.set(no, row)
  for (const [key, no] of draft.orderByKey) tables.orderByKey.set(key, no)
  for (const [merchantNo, no] of draft.orderByMerchantNo) tables.orderByMerchantNo.set(merchantNo, no)
  for (const delivery of changes.flatMap((change) => deliveriesOf(change, nowMillis)))
    tables.deliveries.set(delivery.id, {
      delivery,
      due: Due.make(nowMillis, delivery.endpoint === null ? null : Duration.zero)
    })
  return Either.void
}

const isWithin = ({ currency, amountFromMinor, amountToMinor }: OrderFilter, { amount }: Payment.Payment): boolean =>
  currency === null ||
  (amount.currency === currency &&
    (amountFromMinor === null || amount.amountMinor >= amountFromMinor) &&
    (amountToMinor === null || amount.amountMinor <= amountToMinor))

const isNumbered = (tables: Tables, number: string, payment: Payment.Payment): boolean =>
  [payment.payOrderNo, payment.businessNo, payment.merchantOrderNo, payment.transactionNo].includes(number) ||
  [...tables.refunds.values()].some(
    ({ placed: { refund } }) =>
      refund.payOrderNo === payment.payOrderNo && (refund.refundNo === number || refund.vendorRefundNo === number)
  )

const matches = (search: OrderFilter, payment: Payment.Payment): boolean =>
  (search.app === null || payment.app === search.app) &&
  (search.businessNo === null || payment.businessNo === search.businessNo) &&
  (search.state === null || payment.state === search.state) &&
  (search.vendor === null || payment.vendor === search.vendor) &&
  (search.createdFromMillis === null || payment.createdAtMillis >= search.createdFromMillis) &&
  (search.createdToMillis === null || payment.createdAtMillis < search.createdToMillis) &&
  (search.method === null || payment.method === search.method) &&
  isWithin(search, payment)

const newestFirst = (a: Payment.Payment, b: Payment.Payment): number => (a.payOrderNo < b.payOrderNo ? 1 : -1)

/** `Orders` over the tables: one commit is one step that nobody sees the middle of. */
export const make = (tables: Tables) => {
  const rowOf = (payOrderNo: string) => Effect.sync(() => Option.fromNullable(tables.orders.get(payOrderNo)))
  const payments = () => [...tables.orders.values()].map(({ placed: { payment } }) => payment)
  const byNumber = (payOrderNo: string) =>
    Effect.map(
      rowOf(payOrderNo),
      Option.map((row) => row.placed.payment)
    )
  const found = (filter: OrderFilter) =>
    payments().filter(
      (payment) => matches(filter, payment) && (filter.number === null || isNumbered(tables, filter.number, payment))
    )
  const refundRows = (payOrderNo: string) =>
    [...tables.refunds.values()].filter(({ placed: { refund } }) => refund.payOrderNo === payOrderNo)
  const placedAs = (numbers: ReadonlyMap<string, string>, key: string) =>
    Effect.sync(() =>
      Option.fromNullable(numbers.get(key)).pipe(Option.flatMapNullable((no) => tables.orders.get(no)?.placed))
    )
  return Orders.of({
    commit: (changes) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => Effect.suspend(() => commit(tables, changes, nowMillis))),
    byNumber,
    ofApp: (app, payOrderNo) =>
      Effect.map(
        byNumber(payOrderNo),
        Option.filter((payment) => payment.app === app)
      ),
    byKey: (app, idempotencyKey) => placedAs(tables.orderByKey, keyOf(app, idempotencyKey)),
    byMerchantOrderNo: (vendor, merchantOrderNo) => placedAs(tables.orderByMerchantNo, keyOf(vendor, merchantOrderNo)),
    byTransactionNo: (vendor, transactionNo) =>
      Effect.sync(() =>
        Option.fromNullable(
          payments().find((payment) => payment.vendor === vendor && payment.transactionNo === transactionNo)
        )
      ),
    sealedRequest: (payOrderNo) =>
      Effect.map(
        rowOf(payOrderNo),
        Option.flatMapNullable((row) => row.sealedRequest)
      ),
    refund: (refundNo) => Effect.sync(() => Option.fromNullable(tables.refunds.get(refundNo)?.placed.refund)),
    refundsOf: (payOrderNo) =>
      Effect.sync(() =>
        refundRows(payOrderNo)
          .map(({ placed: { refund } }) => refund)
          .sort((a, b) => a.createdAtMillis - b.createdAtMillis || a.refundNo.length - b.refundNo.length)
      ),
    refundByKey: (payOrderNo, idempotencyKey) =>
      Effect.sync(() =>
        Option.fromNullable(refundRows(payOrderNo).find((row) => row.idempotencyKey === idempotencyKey)?.placed)
      ),
    history: (payOrderNo) =>
      Effect.sync(() => (tables.orders.get(payOrderNo) ?? tables.refunds.get(payOrderNo))?.history ?? []),
    search: (search) =>
      Effect.sync(() =>
        found(search)
          .filter(({ payOrderNo }) => search.after === null || payOrderNo < search.after)
          .sort(newestFirst)
          .slice(0, search.limit)
      ),
    count: (filter) => Effect.sync(() => ({ count: found(filter).length, isExact: true })),
    versions: (payOrderNos) =>
      Effect.sync(
        () =>
          new Map(
            payOrderNos.flatMap((no) => {
              const version =
                tables.orders.get(no)?.placed.payment.version ?? tables.refunds.get(no)?.placed.refund.version
              return version === undefined ? [] : [[no, version] as const]
            })
          )
      ),
    ready: Effect.void
  })
}
