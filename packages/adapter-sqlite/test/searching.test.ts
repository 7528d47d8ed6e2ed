import { expect, it } from "@effect/vitest"
import { Payment, Words } from "@payment-proxy/domain"
import { Searching } from "@payment-proxy/order-table"
import { anyOrder, type OrderFilter } from "@payment-proxy/ports"
import { Effect, Layer } from "effect"
import { Database, layer } from "../src/Database.ts"
import { dialect } from "../src/Orders.ts"
import { file } from "./scratch.ts"

const opened = Layer.unwrapScoped(Effect.map(file, layer))

const rows = 100_000
/** All alike, as many as come in a minute of a busy day; those before them are of all kinds. */
const newest = 23_000
/** Before these, so many of which each hundredth is of another kind. */
const thin = 4000

const { PENDING, SUCCEEDED, FAILED, CLOSED } = Payment.states

/** Numbers rise with `i`; of the older ones each tenth failed, some are of another app, which had more in the beginning, amounts go round, and the oldest are in JPY. */
const filled = `INSERT INTO payment_proxy_order
    (pay_order_no, trans_type, pay_status, app, vendor, pay_method, currency, amount, version)
  WITH RECURSIVE counted(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < ${rows})
  SELECT printf('01M8%022d', i), CASE WHEN i % 50 = 0 THEN ${Words.transTypes.REFUND} ELSE ${Words.transTypes.PAYMENT} END,
    CASE WHEN i > ${rows - newest} THEN ${PENDING} WHEN i % 10 = 0 THEN ${FAILED}
      WHEN i < 2000 THEN ${CLOSED} ELSE ${SUCCEEDED} END,
    CASE WHEN i > ${rows - newest} THEN 'shop' WHEN i % 101 = 0 OR (i < 30000 AND i % 7 = 0) THEN 'other' ELSE 'shop' END,
    CASE WHEN i % 3 = 0 THEN 'one' ELSE 'two' END,
    CASE WHEN i % 4 < 2 THEN ${Words.methods.CARD} ELSE ${Words.methods.ALIPAY} END,
    CASE WHEN i < 12000 THEN 392 ELSE 156 END,
    CASE WHEN i > ${rows - newest} OR (i > ${rows - newest - thin} AND i % 100 <> 1) THEN '12.34' WHEN i < 12000 THEN '500' ELSE printf('%d.00', i % 97) END, 1
  FROM counted`

const numberOf = (i: number): string => `01M8${String(i).padStart(22, "0")}`

const filters: { readonly [name: string]: Partial<OrderFilter> } = {
  "a state and an app, behind the newest": { state: "FAILED", app: "shop" },
  "a state and an app with few of them": { state: "FAILED", app: "other" },
  "a state and an app that has more of it further back": { state: "SUCCEEDED", app: "other" },
  "a state and a vendor": { state: "SUCCEEDED", vendor: "one" },
  "a state of the oldest and a vendor": { state: "CLOSED", vendor: "one" },
  "a state and a method": { state: "FAILED", method: "CARD" },
  "a state, an app, a vendor and an amount": {
    state: "SUCCEEDED",
    app: "shop",
    vendor: "two",
    currency: "CNY",
    amountFromMinor: 1000n,
    amountToMinor: 5000n
  },
  "an app and an amount of the oldest": { app: "shop", currency: "JPY" },
  "a vendor and an amount": { vendor: "one", currency: "CNY", amountFromMinor: 1n },
  "a method and an amount": { method: "CARD", currency: "CNY", amountFromMinor: 100n },
  "an amount, behind the newest": { currency: "CNY", amountFromMinor: 2000n, amountToMinor: 9000n },
  "an amount of the oldest": { currency: "JPY", amountFromMinor: 1n },
  "an amount of all of the newest": { currency: "CNY", amountFromMinor: 1234n, amountToMinor: 1234n }
}

/** Where the first page begins: before all; where the 20 000 next to it end among the thin ones, where they end with them, and where few of what is asked for are left. */
const begins = [null, numberOf(rows - newest + 19_000), numberOf(rows - newest - thin + 20_000), numberOf(12_040)]

/** Looked for one by one. */
const wanted = (filter: Partial<OrderFilter>, after: string | null, limit: number) => {
  const { state, app, vendor, method, currency, amountFromMinor, amountToMinor } = { ...anyOrder, ...filter }
  const conditions = [
    `trans_type = ${Words.transTypes.PAYMENT}`,
    ...(state === null ? [] : [`pay_status = ${Payment.states[state]}`]),
    ...(app === null ? [] : [`app = '${app}'`]),
    ...(vendor === null ? [] : [`vendor = '${vendor}'`]),
    ...(method === null ? [] : [`pay_method = ${Words.methods[method]}`]),
    ...(currency === null ? [] : [`currency = ${currency === "CNY" ? 156 : 392}`]),
    ...(amountFromMinor === null ? [] : [`amount_minor >= ${amountFromMinor}`]),
    ...(amountToMinor === null ? [] : [`amount_minor <= ${amountToMinor}`]),
    ...(after === null ? [] : [`pay_order_no < '${after}'`])
  ]
  return `SELECT pay_order_no FROM payment_proxy_order NOT INDEXED WHERE ${conditions.join(" AND ")}
    ORDER BY pay_order_no DESC LIMIT ${limit}`
}

const numbersOf = (rows: ReadonlyArray<unknown>) =>
  (rows as ReadonlyArray<{ readonly pay_order_no: string }>).map(({ pay_order_no }) => pay_order_no)

it.effect("a search of many orders finds what looking at each would, page after page", () =>
  Effect.gen(function* () {
    const { reader, writer, transaction } = yield* Database
    yield* transaction(writer.unsafe(filled))
    const { search } = Searching.make(dialect, ({ text, values }) => reader.unsafe(text, [...values]).unprepared)
    const limit = 50
    const asked = Object.entries(filters).flatMap(([name, filter]) =>
      begins.map((begin) => [name, filter, begin] as const)
    )
    for (const [name, filter, begin] of asked) {
      let after = begin
      for (let page = 0; page < 3; page++) {
        const found: ReadonlyArray<string> = numbersOf(yield* search({ ...anyOrder, ...filter, after, limit }))
        const all = yield* reader.unsafe<{ readonly pay_order_no: string }>(wanted(filter, after, limit))
        expect(found, `${name}, page ${page}`).toEqual(all.map(({ pay_order_no }) => pay_order_no))
        after = found.at(-1) ?? after
      }
      expect(after, name).not.toBeNull()
    }
  }).pipe(Effect.provide(opened))
)
