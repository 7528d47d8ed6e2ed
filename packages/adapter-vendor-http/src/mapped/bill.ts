import type { Money } from "@payment-proxy/domain"
import { type Bill, type BillLine, InDoubt, Rejected, Throttled } from "@payment-proxy/ports"
import { Effect, Either, Stream } from "effect"
import type { Call, Open, Opened } from "../Http.ts"
import type { Failure } from "../Vendor.ts"
import * as Answers from "./answers.ts"
import type { Mapped, MappedConfig } from "./config.ts"
import { amountAt, at, textAt, timeAt } from "./evidence.ts"
import { filledIn, meaningOf, shownWord } from "./places.ts"
import { addressOf } from "./requests.ts"

type Mapping = NonNullable<MappedConfig["bill"]>

const limitMillis = 60_000
const maxLineChars = 65_536
const maxRefusalChars = 65_536
const maxPages = 10_000

const doubt = (detail: string): InDoubt => new InDoubt({ detail })
const wrong = (detail: string): Either.Either<never, InDoubt> => Either.left(doubt(detail))

const movements = {
  payment: { kind: "payment", direction: "in" },
  refund: { kind: "refund", direction: "out" },
  in: { kind: "other", direction: "in" },
  out: { kind: "other", direction: "out" }
} as const

const stateOf = (json: unknown, { status, statuses }: Mapping): Either.Either<BillLine["state"], InDoubt> => {
  if (status === undefined) return Either.right("succeeded")
  const word = textAt(json, status) ?? ""
  const state = meaningOf(statuses, word)
  return state === undefined
    ? wrong(`A line's status is ${shownWord(word)}, which the mapping does not have.`)
    : Either.right(state)
}

const amountOf = (json: unknown, bill: Mapping, config: Mapped): Either.Either<Money.Money, InDoubt> => {
  const amount = amountAt(json, bill, config)
  return Either.isRight(amount) && amount.right !== null && amount.right.amountMinor >= 0n
    ? Either.right(amount.right)
    : wrong("A line's amount is not understood.")
}

const feeOf = (json: unknown, { fee }: Mapping): Either.Either<string | null, InDoubt> => {
  const stated = at(json, fee) ?? null
  if (stated === null) return Either.right(null)
  return typeof stated === "string" && /^-?\d{1,18}(?:\.\d{1,18})?$/.test(stated)
    ? Either.right(stated)
    : wrong("A line's fee is not understood.")
}

/** What a line books. */
const lineOf = (text: string, bill: Mapping, config: Mapped): Either.Either<BillLine, InDoubt> => {
  const json = Answers.json(text)
  if (Either.isLeft(json)) return wrong("A line is not JSON.")
  const word = textAt(json.right, bill.kind) ?? ""
  const kind = meaningOf(bill.kinds, word)
  if (kind === undefined) return wrong(`A line's kind is ${shownWord(word)}, which the mapping does not have.`)
  const read = Either.all({
    state: stateOf(json.right, bill),
    amount: amountOf(json.right, bill, config),
    fee: feeOf(json.right, bill)
  })
  return Either.map(read, (said) => ({
    ...movements[kind],
    ...said,
    merchantOrderNo: textAt(json.right, bill.number),
    transactionNo: textAt(json.right, bill.transactionNo),
    refundNo: textAt(json.right, bill.refundNo),
    vendorRefundNo: textAt(json.right, bill.vendorRefundNo),
    atMillis: timeAt(json.right, bill.at)
  }))
}

/** The lines of a text as they come, as many at a time as a piece ends; a blank one is none. */
const textsOf = (body: Opened["body"]): Stream.Stream<ReadonlyArray<string>, InDoubt> =>
  Stream.suspend(() => {
    const decoder = new TextDecoder("utf-8", { fatal: true })
    let rest = ""
    const fed = (bytes: Uint8Array | null): Either.Either<ReadonlyArray<string>, InDoubt> =>
      Either.flatMap(
        Either.try({
          try: () => (bytes === null ? `${decoder.decode()}\n` : decoder.decode(bytes, { stream: true })),
          catch: () => doubt("The bill is not UTF-8.")
        }),
        (text) => {
          const texts = (rest + text).split("\n")
          rest = texts.pop() ?? ""
          return [...texts, rest].some(({ length }) => length > maxLineChars)
            ? wrong(`A line is longer than ${maxLineChars} characters.`)
            : Either.right(texts.filter((line) => line.trim() !== ""))
        }
      )
    return Stream.concat(Stream.mapEffect(body, fed), Stream.fromEffect(Effect.suspend(() => fed(null))))
  })

const booked = (body: Opened["body"], bill: Mapping, config: Mapped): Stream.Stream<BillLine, InDoubt> =>
  textsOf(body).pipe(
    Stream.mapEffect((texts) => Either.all(texts.map((text) => lineOf(text, bill, config)))),
    Stream.mapConcat((lines) => lines)
  )

/** What the vendor says instead of a bill. */
const refusalOf = ({ status, headers, body }: Opened, { notReady }: Mapping, config: Mapped) =>
  Effect.map(
    Stream.decodeText(body).pipe(
      Stream.runFoldWhile(
        "",
        ({ length }) => length < maxRefusalChars,
        (text, piece) => text + piece
      )
    ),
    (text): Failure => {
      const unheard = Answers.unheardOf({ status, headers })
      if (unheard !== null) return unheard
      const json = Either.getOrUndefined(Answers.json(text))
      const code = Answers.errorCode(json, config)
      if (status === 503 || (notReady !== undefined && code === notReady))
        return new Throttled({
          retryAfterMillis: Answers.retryAfterMillis({ headers }),
          detail: "The day's bill is not ready yet."
        })
      return Answers.withoutIt({ status }, json, "a bill", config)
    }
  )

const callOf = (path: string, config: Mapped): Call => ({
  ...addressOf(config, path),
  method: "GET",
  headers: ["accept", "application/x-ndjson, */*"],
  body: null
})

const pages = (
  day: string,
  cursor: string,
  bill: Mapping,
  config: Mapped,
  open: Open,
  left: number
): Stream.Stream<BillLine, Failure> =>
  Stream.suspend(() => {
    let next: string | null = null
    const path = filledIn([bill.path], { day, cursor }) ?? bill.path
    const page = Stream.unwrapScoped(
      Effect.flatMap(open(callOf(path, config), limitMillis), (opened) => {
        if (opened.status !== 200) return Effect.flatMap(refusalOf(opened, bill, config), Effect.fail)
        next = (bill.next === undefined ? null : opened.headers[bill.next.toLowerCase()]) || null
        return Effect.succeed(booked(opened.body, bill, config))
      })
    )
    const others = Stream.suspend((): Stream.Stream<BillLine, Failure> => {
      if (next === null) return Stream.empty
      return left === 0 || next === cursor
        ? Stream.fail(doubt("The bill's pages do not come to an end."))
        : pages(day, next, bill, config, open, left - 1)
    })
    return Stream.concat(page, others)
  })

const isDay = (day: string): boolean => {
  const millis = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(millis) && new Date(millis).toISOString().startsWith(day)
}

/** What the vendor booked on a day of its own, page by page; of a day that is not over whatever it says there is so far. */
export const lines = (
  { day, of }: Bill,
  bill: Mapping,
  config: Mapped,
  open: Open
): Stream.Stream<BillLine, Failure> => {
  if (of === "funds")
    return Stream.fail(new Rejected({ code: "NOT_SUPPORTED", detail: "This vendor has bills of trades alone." }))
  return isDay(day)
    ? pages(day, "", bill, config, open, maxPages)
    : Stream.fail(new Rejected({ code: "DAY_INVALID", detail: "A day is written like 2026-11-23." }))
}
