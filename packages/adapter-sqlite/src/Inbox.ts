import { randomUUID } from "node:crypto"
import { Evidence } from "@payment-proxy/domain"
import { crashPoint, Inbox } from "@payment-proxy/ports"
import { Clock, Effect, Layer, Option, Schema } from "effect"
import { Database, typed } from "./Database.ts"

const StoredEvidence = Schema.parseJson(Evidence.Evidence)
const encodeEvidence = Schema.encodeSync(StoredEvidence)

const Rows = Schema.Array(
  Schema.Struct({
    id: Schema.String,
    vendor: Schema.String,
    subject_by: Schema.Literal("payOrderNo", "transactionNo"),
    subject_no: Schema.String,
    sha256: Schema.String,
    body: Schema.String,
    evidence: Schema.NullOr(StoredEvidence),
    received_millis: Schema.Number
  })
)

export const make = Effect.gen(function* () {
  const { reader, writer: sql, transaction } = yield* Database
  return Inbox.of({
    keep: ({ vendor, subject, body, sha256, evidence }) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
        transaction(
          sql`INSERT INTO payment_proxy_inbox ${sql.insert({
            id: `ntf_${randomUUID()}`,
            vendor,
            subject_by: subject.by,
            subject_no: subject.no,
            sha256,
            body,
            evidence: evidence === null ? null : encodeEvidence(evidence),
            received_millis: nowMillis,
            due_millis: nowMillis
          })} ON CONFLICT DO NOTHING RETURNING id`.pipe(Effect.zipLeft(crashPoint("K13")))
        )
      ).pipe(Effect.map((rows) => (rows.length === 1 ? "kept" : "known"))),
    byId: (id) =>
      reader`SELECT id, vendor, subject_by, subject_no, sha256, body, evidence, received_millis
        FROM payment_proxy_inbox WHERE id = ${id}`.pipe(
        Effect.flatMap(Schema.decodeUnknown(Rows)),
        Effect.orDie,
        Effect.map(([row]) =>
          Option.map(Option.fromNullable(row), ({ subject_by, subject_no, received_millis, ...kept }) => ({
            ...kept,
            subject: { by: subject_by, no: subject_no },
            receivedAtMillis: received_millis
          }))
        ),
        typed
      )
  })
})

/** Verified notifications in the embedded database. */
export const layer = Layer.effect(Inbox, make)
