import { Payment } from "@payment-proxy/domain"
import { Proposals as Rows } from "@payment-proxy/order-table"
import { type Proposal, ProposalOpen, Proposals } from "@payment-proxy/ports"
import { Effect, Layer, Option } from "effect"
import { Database, typed } from "./Database.ts"

export const make = Effect.gen(function* () {
  const { reader, writer, transaction } = yield* Database
  const columns = reader.literal(Rows.columns.join(", "))

  const openNoOfRow = writer`CASE WHEN action IS NULL THEN pay_order_no ELSE wanted || ':' || pay_order_no END`

  const inserted = (proposal: Proposal) =>
    Effect.gen(function* () {
      const rows = yield* writer`INSERT INTO payment_proxy_proposal ${writer.insert(Rows.toRow(proposal))}
        ON CONFLICT (open_no) DO NOTHING RETURNING id`
      if (rows.length === 1) return
      const open = yield* writer`SELECT ${columns} FROM payment_proxy_proposal WHERE open_no = ${Rows.openNo(proposal)}`
      const [existing] = yield* Effect.orDie(Rows.decode(open))
      if (existing !== undefined) return yield* new ProposalOpen({ existing })
    })

  return Proposals.of({
    add: (proposal) => transaction(inserted(proposal)),
    byId: (id) =>
      reader`SELECT ${columns} FROM payment_proxy_proposal WHERE id = ${id}`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Rows.decode(rows))),
        Effect.map(([row]) => Option.fromNullable(row)),
        typed
      ),
    ofSubject: (subject) =>
      reader`SELECT ${columns} FROM payment_proxy_proposal WHERE pay_order_no = ${subject} ORDER BY id DESC`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Rows.decode(rows))),
        typed
      ),
    search: ({ state, after, limit }) =>
      reader`SELECT ${columns} FROM payment_proxy_proposal
        WHERE ${reader.and([
          state === "open" ? reader`state = 'open'` : reader`state <> 'open'`,
          ...(after === null ? [] : [reader`id < ${after}`])
        ])} ORDER BY id DESC LIMIT ${limit}`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Rows.decode(rows))),
        typed
      ),
    move: (id, from, decision) => {
      const openNo = decision.state === "open" ? openNoOfRow : writer`NULL`
      return transaction(
        writer`UPDATE OR IGNORE payment_proxy_proposal SET ${writer.update(Rows.deciding(decision))}, open_no = ${openNo}
          WHERE id = ${id} AND state = ${from} RETURNING id`
      ).pipe(Effect.map((rows) => rows.length === 1))
    },
    done: (id, atMillis) =>
      transaction(
        writer`UPDATE payment_proxy_proposal SET done_millis = ${atMillis} WHERE id = ${id} AND state = 'approved'
          AND ${atMillis === null ? writer`done_millis IS NOT NULL` : writer`done_millis IS NULL`} RETURNING id`
      ).pipe(Effect.map((rows) => rows.length === 1)),
    held: (after, limit) =>
      reader`SELECT pay_order_no FROM payment_proxy_order
        WHERE pay_status = ${Payment.states.HELD} AND pay_order_no > ${after ?? ""}
        ORDER BY pay_order_no LIMIT ${limit}`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Rows.toNumbers(rows))),
        typed
      )
  })
})

/** What operators propose, in the embedded database. */
export const layer = Layer.effect(Proposals, make)
