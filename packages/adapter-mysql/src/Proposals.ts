import type { Statement } from "@effect/sql"
import { Payment } from "@payment-proxy/domain"
import { Proposals as Rows } from "@payment-proxy/order-table"
import { type Proposal, ProposalOpen, Proposals, StoreUnavailable } from "@payment-proxy/ports"
import { Effect, Layer, Option, Schema } from "effect"
import * as Connections from "./Connections.ts"
import { Database, typed } from "./Database.ts"

const decodeHeader = Schema.decodeUnknown(Schema.Struct({ affectedRows: Schema.Number }))

/** Another has what is one's alone. */
const isTaken = (error: unknown): boolean => Connections.codeOf(error) === 1062

/** Runs a statement that stands alone; whether it found its row, and nothing else was in its way. */
const done = (statement: Statement.Statement<unknown>) =>
  statement.raw.pipe(
    Effect.flatMap((header) => Effect.orDie(decodeHeader(header))),
    Effect.map(({ affectedRows }) => affectedRows === 1),
    Effect.catchIf(isTaken, () => Effect.succeed(false)),
    typed
  )

const maxTries = 3

export const make = Effect.gen(function* () {
  const { sql } = yield* Database
  const columns = sql.literal(Rows.columns.join(", "))
  const openNoOfRow = sql`CASE WHEN action IS NULL THEN pay_order_no ELSE CONCAT(wanted, ':', pay_order_no) END`
  const read = (rows: Effect.Effect<ReadonlyArray<unknown>, unknown>) =>
    rows.pipe(
      Effect.flatMap(Rows.decode),
      Effect.mapError((cause) => new StoreUnavailable({ cause })),
      typed
    )

  /** The open one may be decided between the two statements: then there is room again. */
  const added = (proposal: Proposal, tries: number): Effect.Effect<void, ProposalOpen | StoreUnavailable> =>
    Effect.gen(function* () {
      if (yield* done(sql`INSERT INTO payment_proxy_proposal ${sql.insert(Rows.toRow(proposal))}`)) return
      const [existing] = yield* read(
        sql`SELECT ${columns} FROM payment_proxy_proposal WHERE open_no = ${Rows.openNo(proposal)}`
      )
      if (existing !== undefined) return yield* new ProposalOpen({ existing })
      if (tries >= maxTries) return yield* new StoreUnavailable({ cause: "The proposal could not be added." })
      return yield* added(proposal, tries + 1)
    })

  return Proposals.of({
    add: (proposal) => added(proposal, 1),
    byId: (id) =>
      Effect.map(read(sql`SELECT ${columns} FROM payment_proxy_proposal WHERE id = ${id}`), ([row]) =>
        Option.fromNullable(row)
      ),
    ofSubject: (subject) =>
      read(sql`SELECT ${columns} FROM payment_proxy_proposal WHERE pay_order_no = ${subject} ORDER BY id DESC`),
    search: ({ state, after, limit }) =>
      read(sql`SELECT ${columns} FROM payment_proxy_proposal
        WHERE ${sql.and([
          state === "open" ? sql`state = 'open'` : sql`state <> 'open'`,
          ...(after === null ? [] : [sql`id < ${after}`])
        ])} ORDER BY id DESC LIMIT ${limit}`),
    move: (id, from, decision) => {
      const openNo = decision.state === "open" ? openNoOfRow : sql`NULL`
      return done(
        sql`UPDATE payment_proxy_proposal SET ${sql.update(Rows.deciding(decision))}, open_no = ${openNo}
          WHERE id = ${id} AND state = ${from}`
      )
    },
    done: (id, atMillis) =>
      done(
        sql`UPDATE payment_proxy_proposal SET done_millis = ${atMillis} WHERE id = ${id} AND state = 'approved'
          AND ${atMillis === null ? sql`done_millis IS NOT NULL` : sql`done_millis IS NULL`}`
      ),
    held: (after, limit) =>
      sql`SELECT pay_order_no FROM payment_proxy_order
        WHERE pay_status = ${Payment.states.HELD} AND pay_order_no > ${after ?? ""}
        ORDER BY pay_order_no LIMIT ${limit}`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Rows.toNumbers(rows))),
        typed
      )
  })
})

/** What operators propose, in MySQL or MariaDB. */
export const layer = Layer.effect(Proposals, make)
