import type { desk } from "./desk.ts"

type Admin = ReturnType<typeof desk>["admin"]

/** How many a crowd is. */
export const crowded = 100_000

/** So many orders of an app like this one, and events of them, all of them due for long. */
export const crowd = async (admin: Admin, payOrderNo: string, app: string): Promise<void> => {
  const digits = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS digit`).join(" UNION ALL ")
  const places = Array.from({ length: Math.log10(crowded) }, (_, place) => `d${place}`)
  const from = places.map((place) => `(${digits}) AS ${place}`).join(", ")
  const count = places.map((place) => `${place}.digit`).join(", ")
  const copied = async (table: string, own: { readonly [column: string]: string }) => {
    const rows = await admin(
      // What the server makes of other columns is not written.
      `SELECT column_name AS name FROM information_schema.columns
        WHERE table_schema = 'payment_proxy' AND table_name = '${table}' AND COALESCE(generation_expression, '') = ''`
    )
    const names = rows
      .map(({ name }) => String(name))
      .filter((name) => table !== "payment_proxy_order" || name !== "id")
    const values = names.map((name) => own[name] ?? `one.${name}`)
    await admin(`INSERT INTO ${table} (${names.join(", ")}) SELECT ${values.join(", ")}
      FROM (SELECT * FROM ${table} WHERE pay_order_no = '${payOrderNo}' LIMIT 1) AS one, ${from}`)
  }
  const due = { app: `'${app}'`, due_millis: "1", due_token: "NULL", due_lease_millis: "NULL" }
  const number = `CONCAT('CROWD', ${count})`
  await copied("payment_proxy_delivery", {
    ...due,
    id: number,
    event_id: number,
    pay_order_no: number,
    state: "'waiting'"
  })
  await copied("payment_proxy_order", {
    ...due,
    pay_order_no: number,
    third_party_customer_no: number,
    idempotency_key: number
  })
}
