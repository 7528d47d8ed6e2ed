import { OrderNo } from "@payment-proxy/domain"
import { type Bill, type BillLine, InDoubt, Rejected, Throttled } from "@payment-proxy/ports"
import { parse } from "csv-parse"
import { Clock, Effect, Either, type Redacted, Schema, Stream } from "effect"
import type { Call, Open, Opened } from "../Http.ts"
import type { Failure } from "../Vendor.ts"
import * as Codes from "./codes.ts"
import type { MpgsConfig } from "./config.ts"
import * as Signing from "./signing.ts"
import * as Wire from "./wire.ts"

const dayMillis = 86_400_000
/** The gateway collects a transaction's events for some minutes before they are in its reports. */
const collectingMillis = 5 * 60_000
const limitMillis = 60_000
const maxLineBytes = 65_536
/** Of how many transactions a repeated event is known as one; one that comes after so many others is a line again. */
const maxSeen = 65_536

const Line = Schema.Struct({
  "order.id": Schema.String,
  "transaction.id": Schema.String,
  "transaction.type": Schema.String,
  "transaction.amount": Schema.String,
  "transaction.currency": Schema.String,
  result: Schema.String,
  "response.gatewayCode": Schema.String,
  timeOfRecord: Schema.String
})
type Line = typeof Line.Type

const columns = Object.keys(Line.fields)

/** Transactions that move money, and how; all others are no lines. */
const movements: ReadonlyMap<string, Pick<BillLine, "kind" | "direction">> = new Map([
  ["PAYMENT", { kind: "payment", direction: "in" }],
  ["CAPTURE", { kind: "payment", direction: "in" }],
  ["REFUND", { kind: "refund", direction: "out" }],
  ["VOID_PAYMENT", { kind: "refund", direction: "out" }],
  ["VOID_CAPTURE", { kind: "refund", direction: "out" }],
  ["VOID_REFUND", { kind: "other", direction: "in" }]
])

const doubt = (detail: string): InDoubt => new InDoubt({ detail })

/** What an event books: null where it moves no money or did not succeed. */
const lineOf = (line: Line): Either.Either<BillLine | null, InDoubt> => {
  const movement = movements.get(line["transaction.type"])
  const outcome = Codes.outcomeOf(line.result, line["response.gatewayCode"])
  if (movement === undefined || (outcome !== "done" && outcome !== "part")) return Either.right(null)
  const amount = Wire.amount(line["transaction.amount"], line["transaction.currency"])
  if (Either.isLeft(amount)) return Either.left(doubt("A line's amount is not understood."))
  const id = line["transaction.id"]
  const isRefund = movement.kind === "refund"
  return Either.right({
    ...movement,
    merchantOrderNo: line["order.id"],
    transactionNo: null,
    refundNo: isRefund && OrderNo.is(id) ? id : null,
    vendorRefundNo: isRefund ? id : null,
    amount: amount.right,
    fee: null,
    state: "succeeded",
    atMillis: Wire.time(line.timeOfRecord.replace(" ", "T"))
  })
}

/** Drops an event of a transaction that is a line already; remembers a bounded number of them. */
const firsts = () => {
  const seen = new Set<string>()
  return (line: Line): boolean => {
    const key = JSON.stringify([line["order.id"], line["transaction.id"]])
    if (seen.has(key)) return false
    seen.add(key)
    if (seen.size > maxSeen) for (const oldest of seen) if (seen.delete(oldest)) break
    return true
  }
}

const decodeLine = Schema.decodeUnknownEither(Line)

const notCsv = (): InDoubt => doubt("The file is not CSV.")

/** The records of a CSV file by its columns' names, as many at a time as came in one piece; one that is none of ours ends in doubt. */
const records = (body: Opened["body"]): Stream.Stream<ReadonlyArray<unknown>, InDoubt> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      let header: ReadonlyArray<string> = columns
      const named = (names: ReadonlyArray<string>) => {
        header = names
        return [...names]
      }
      const parser = yield* Effect.acquireRelease(
        Effect.sync(() => parse({ bom: true, columns: named, max_record_size: maxLineBytes, skip_empty_lines: true })),
        (opened) => Effect.sync(() => opened.destroy())
      )
      const rows: Array<unknown> = []
      // An error is told to whoever waits, too: by itself it would end the process.
      parser.on("data", (row: unknown) => rows.push(row)).on("error", () => undefined)
      const fed = (bytes: Uint8Array) =>
        Effect.async<ReadonlyArray<unknown>, InDoubt>((resume) => {
          parser.write(bytes, (error) => resume(error ? notCsv() : Effect.succeed(rows.splice(0))))
        })
      const ended = Effect.async<ReadonlyArray<unknown>, InDoubt>((resume) => {
        parser.once("error", () => resume(notCsv())).once("end", () => resume(Effect.succeed(rows.splice(0))))
        parser.end()
      })
      const known = Effect.filterOrFail(
        ended,
        () => columns.every((name) => header.includes(name)),
        () => doubt("The file lacks a column.")
      )
      return Stream.concat(Stream.mapEffect(body, fed), Stream.fromEffect(known))
    })
  )

const booked = (body: Opened["body"]): Stream.Stream<BillLine, InDoubt> =>
  Stream.suspend(() => {
    const isFirst = firsts()
    const bookingOf = (record: unknown): Either.Either<BillLine | null, InDoubt> =>
      Either.flatMap(
        Either.mapLeft(decodeLine(record), () => doubt("A line lacks a column.")),
        (line) => Either.map(lineOf(line), (booking) => (booking !== null && isFirst(line) ? booking : null))
      )
    return records(body).pipe(
      Stream.mapEffect((rows) => Either.all(rows.map(bookingOf))),
      Stream.mapConcat((bookings) => bookings.filter((booking) => booking !== null))
    )
  })

const call = (config: MpgsConfig, password: Redacted.Redacted, fromMillis: number): Call => {
  const at = (millis: number) => encodeURIComponent(new Date(millis).toISOString().replace(".000", ""))
  const names = columns.join(",")
  return {
    origin: new URL(config.baseUrl).origin,
    path: `/history/version/1/merchant/${config.merchantId}/transaction?timeOfRecord.start=${at(fromMillis)}&timeOfRecord.end=${at(fromMillis + dayMillis)}&columns=${names}&columnHeaders=${names}`,
    method: "GET",
    headers: ["accept", "text/csv", "authorization", Signing.basic(config.merchantId, password)],
    body: null
  }
}

const refusal = (status: number): Failure => {
  if (status === 401 || status === 403)
    return new Throttled({ retryAfterMillis: null, detail: "The gateway did not take the reporting password." })
  if (status === 429 || status === 503)
    return new Throttled({ retryAfterMillis: null, detail: "The gateway is busy: the bill may be asked for again." })
  return doubt(`The gateway answered HTTP ${status}.`)
}

const startOf = (day: string): number | null => {
  const millis = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN
  return Number.isNaN(millis) || !new Date(millis).toISOString().startsWith(day) ? null : millis
}

/** What was traded on a day of UTC: one line for each transaction that moved money, by its first event of success. */
export const lines = ({ day, of }: Bill, config: MpgsConfig, open: Open): Stream.Stream<BillLine, Failure> => {
  const { reportingPassword } = config
  if (reportingPassword === undefined)
    return Stream.fail(
      new Rejected({ code: "NOT_SUPPORTED", detail: "There is no reportingPassword for this vendor." })
    )
  if (of === "funds")
    return Stream.fail(new Rejected({ code: "NOT_SUPPORTED", detail: "This vendor has bills of trades alone." }))
  const fromMillis = startOf(day)
  if (fromMillis === null)
    return Stream.fail(new Rejected({ code: "DAY_INVALID", detail: "A day is written like 2026-11-23." }))
  return Stream.unwrapScoped(
    Effect.gen(function* () {
      const leftMillis = fromMillis + dayMillis + collectingMillis - (yield* Clock.currentTimeMillis)
      if (leftMillis > 0)
        return yield* new Throttled({ retryAfterMillis: leftMillis, detail: "The day's bill is not ready yet." })
      const { status, body } = yield* open(call(config, reportingPassword, fromMillis), limitMillis)
      return status === 200 ? booked(body) : yield* Effect.fail(refusal(status))
    })
  )
}
