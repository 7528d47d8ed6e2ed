import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import { type Bill, InDoubt } from "@payment-proxy/ports"
import { freshNo } from "@payment-proxy/testkit"
import { Chunk, Effect, Either, Stream, TestClock } from "effect"
import { describe } from "vitest"
import type { Call, Open } from "../../src/Http.ts"
import { lines } from "../../src/mpgs/bill.ts"
import { configured } from "./sample.ts"

const config = configured({ reportingPassword: "reporting-password-of-a-test" })
const header =
  "order.id,transaction.id,transaction.type,transaction.amount,transaction.currency,result,response.gatewayCode,timeOfRecord"
const trades: Bill = { day: "2026-11-23", of: "trades" }
const ours = freshNo()

/** A history that comes in pieces of `size` bytes. */
const history = (text: string, status = 200, size = 7, asked: Array<Call> = []): Open => {
  const bytes = new TextEncoder().encode(text)
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.slice(at * size, (at + 1) * size)
  )
  return (call) =>
    Effect.sync(() => {
      asked.push(call)
      return { status, headers: {}, body: Stream.fromIterable(pieces) }
    })
}

const fetched = (open: Open, bill = trades, by = config) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(Date.UTC(2026, 10, 24, 1))
    const said = yield* Effect.either(Stream.runCollect(lines(bill, by, open)))
    return Either.map(said, Chunk.toReadonlyArray)
  })
const file = (...rows: ReadonlyArray<string>) => `${[header, ...rows].join("\r\n")}\r\n`
const payment = "PPX1,1,PAYMENT,12.34,USD,SUCCESS,APPROVED,2026-11-23T13:20:35.123Z"

it.effect("asks for the day's history of UTC by the reporting password", () =>
  Effect.gen(function* () {
    const asked: Array<Call> = []
    yield* fetched(history(file(), 200, 7, asked))
    const url = new URL(asked[0]?.path ?? "", "https://gateway.example")
    expect(url.pathname).toBe("/history/version/1/merchant/TESTMERCHANT1/transaction")
    expect(Object.fromEntries(url.searchParams)).toEqual({
      "timeOfRecord.start": "2026-11-23T00:00:00Z",
      "timeOfRecord.end": "2026-11-24T00:00:00Z",
      columns: header,
      columnHeaders: header
    })
    expect(asked[0]?.headers).toEqual([
      "accept",
      "text/csv",
      "authorization",
      `Basic ${btoa("merchant.TESTMERCHANT1:reporting-password-of-a-test")}`
    ])
  })
)

it.effect("what moved money is a line, what did not is none", () =>
  Effect.gen(function* () {
    const text = file(
      "PPX1,a,AUTHENTICATION,12.34,USD,SUCCESS,APPROVED,2026-11-23T13:20:30Z",
      "PPX1,0,PAYMENT,12.34,USD,FAILURE,DECLINED,2026-11-23T13:20:31Z",
      payment,
      "PPX2,1,AUTHORIZATION,10,USD,SUCCESS,APPROVED,2026-11-23T13:20:36Z",
      "PPX2,C1,CAPTURE,10,USD,SUCCESS,APPROVED,2026-11-23T13:20:37Z",
      `PPX1,${ours},REFUND,2.3,USD,SUCCESS,APPROVED,2026-11-23T14:00:00Z`,
      "PPX1,desk,REFUND,1,USD,SUCCESS,APPROVED,",
      "PPX1,9,REFUND_REQUEST,1,USD,SUCCESS,APPROVED,2026-11-23T14:00:01Z",
      "PPX3,2,VOID_PAYMENT,500,JPY,SUCCESS,APPROVED,2026-11-23 14:00:02Z",
      "PPX1,8,VOID_REFUND,1,USD,SUCCESS,APPROVED,2026-11-23T14:00:03Z",
      "PPX4,2,VOID_AUTHORIZATION,1,USD,SUCCESS,APPROVED,2026-11-23T14:00:03Z",
      "PPX5,1,PAYMENT,1,USD,PENDING,SUBMITTED,2026-11-23T14:00:04Z",
      "PPX6,1,SOMETHING_NEW,1,USD,SUCCESS,APPROVED,2026-11-23T14:00:05Z"
    )
    const said = Either.getOrThrow(yield* fetched(history(text)))
    expect(said[0]).toEqual({
      kind: "payment",
      direction: "in",
      merchantOrderNo: "PPX1",
      transactionNo: null,
      refundNo: null,
      vendorRefundNo: null,
      amount: Money.make(1234n, "USD"),
      fee: null,
      state: "succeeded",
      atMillis: Date.UTC(2026, 10, 23, 13, 20, 35, 123)
    })
    expect(
      said.map(({ kind, direction, merchantOrderNo, refundNo, vendorRefundNo, amount }) => [
        kind,
        direction,
        merchantOrderNo,
        refundNo,
        vendorRefundNo,
        Money.format(amount)
      ])
    ).toEqual([
      ["payment", "in", "PPX1", null, null, "12.34"],
      ["payment", "in", "PPX2", null, null, "10.00"],
      ["refund", "out", "PPX1", ours, ours, "2.30"],
      ["refund", "out", "PPX1", null, "desk", "1.00"],
      ["refund", "out", "PPX3", null, "2", "500"],
      ["other", "in", "PPX1", null, null, "1.00"]
    ])
    expect(said.map(({ atMillis }) => atMillis === null)).toEqual([false, false, false, true, false, false])
  })
)

it.effect("several events of one transaction are one line; another order's transaction of that number is another", () =>
  Effect.gen(function* () {
    const pending = payment.replace("SUCCESS,APPROVED", "PENDING,SUBMITTED")
    const text = file(pending, payment, payment, payment.replace("PPX1", "PPX2"))
    const said = Either.getOrThrow(yield* fetched(history(text)))
    expect(said.map(({ merchantOrderNo }) => merchantOrderNo)).toEqual(["PPX1", "PPX2"])
  })
)

it.effect("the columns may stand in any order, with a mark in front and others between", () =>
  Effect.gen(function* () {
    const names = `\uFEFFtimeOfRecord,extra,${header.replace(",timeOfRecord", "")}`
    const row = `2026-11-23T13:20:35Z,"a, ""b""\nc",PPX1,1,PAYMENT,12.34,USD,SUCCESS,APPROVED`
    const said = Either.getOrThrow(yield* fetched(history(`${names}\n${row}\n`)))
    expect(said).toMatchObject([{ merchantOrderNo: "PPX1", amount: Money.make(1234n, "USD") }])
  })
)

it.effect("a day without business is an empty bill", () =>
  Effect.gen(function* () {
    for (const text of [file(), header, ""]) expect(yield* fetched(history(text))).toEqual(Either.right([]))
  })
)

describe("a file that cannot be trusted is in doubt", () => {
  it.effect.each([
    ["a page", "<html><body>Log in</body></html>"],
    ["a column missing", `${header.replace(",result", "")}\nPPX1,1,PAYMENT,12.34,USD,APPROVED,2026-11-23T13:20:35Z\n`],
    ["a column missing, and no lines", `${header.replace(",result", "")}\n`],
    ["a line that is too short", file("PPX1,1,PAYMENT")],
    ["an amount that is none", file(payment.replace("12.34", "12.345"))],
    ["a void without an amount", file("PPX3,2,VOID_PAYMENT,,JPY,SUCCESS,APPROVED,2026-11-23T14:00:02Z")],
    ["an open quote", file(payment, '"PPX1')],
    ["a line without end", file(`${"9".repeat(70_000)},1`)]
  ])("%s", ([_, text = ""]) =>
    Effect.gen(function* () {
      const said = yield* fetched(history(text, 200, 4096))
      expect(Either.match(said, { onLeft: ({ _tag }) => _tag, onRight: () => "a bill" })).toBe("InDoubt")
    })
  )

  it.effect("one that breaks off, after its lines so far", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 24, 1))
      const start = new TextEncoder().encode(file(payment))
      const open: Open = () =>
        Effect.succeed({
          status: 200,
          headers: {},
          body: Stream.concat(Stream.make(start), Stream.fail(new InDoubt({ detail: "It broke off." })))
        })
      const got: Array<unknown> = []
      const failure = yield* Effect.flip(
        Stream.runForEach(lines(trades, config, open), (line) => Effect.sync(() => got.push(line)))
      )
      expect(failure._tag).toBe("InDoubt")
      expect(got.length).toBeLessThanOrEqual(1)
    })
  )
})

it.effect.each([
  [401, "Throttled"],
  [403, "Throttled"],
  [429, "Throttled"],
  [503, "Throttled"],
  [400, "InDoubt"],
  [404, "InDoubt"],
  [500, "InDoubt"]
])("HTTP %s", ([status, expected]) =>
  Effect.gen(function* () {
    const said = yield* fetched(history(file(payment), Number(status)))
    expect(Either.match(said, { onLeft: ({ _tag }) => _tag, onRight: () => "a bill" })).toBe(expected)
  })
)

it.effect("what cannot be had is refused, and nothing is asked", () =>
  Effect.gen(function* () {
    const never: Open = () => Effect.dieMessage("Asked.")
    const codes = yield* Effect.forEach(
      [
        [trades, configured()],
        [{ ...trades, of: "funds" }, config],
        [{ ...trades, day: "2026-02-30" }, config],
        [{ ...trades, day: "20261123" }, config]
      ] as ReadonlyArray<readonly [Bill, typeof config]>,
      ([bill, by]) => Effect.map(fetched(never, bill, by), Either.flip)
    )
    expect(codes.map((said) => Either.getOrThrow(said))).toMatchObject([
      { _tag: "Rejected", code: "NOT_SUPPORTED" },
      { _tag: "Rejected", code: "NOT_SUPPORTED" },
      { _tag: "Rejected", code: "DAY_INVALID" },
      { _tag: "Rejected", code: "DAY_INVALID" }
    ])
  })
)

it.effect("a long file is read as it comes: the first lines are there before the rest was fetched", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(Date.UTC(2026, 10, 24, 1))
    const encoder = new TextEncoder()
    let fetchedRows = 0
    const rows = Stream.range(1, 1_000_000).pipe(
      Stream.map((at) => {
        fetchedRows = at
        return encoder.encode(`${payment.replace("PPX1", `PPX${at}`)}\r\n`)
      }),
      Stream.rechunk(1)
    )
    const open: Open = () =>
      Effect.succeed({
        status: 200,
        headers: {},
        body: Stream.concat(Stream.make(encoder.encode(`${header}\r\n`)), rows)
      })
    const first = yield* Stream.runCollect(Stream.take(lines(trades, config, open), 3))
    expect(Chunk.toReadonlyArray(first).map(({ merchantOrderNo }) => merchantOrderNo)).toEqual(["PPX1", "PPX2", "PPX3"])
    expect(fetchedRows).toBeLessThan(100_000)
  })
)

it.effect("of 65 536 transactions the events are known again, and no more are remembered", () =>
  Effect.gen(function* () {
    const row = (at: number) => payment.replace("PPX1", `PPX${at}`)
    const rows = Array.from({ length: 65_536 }, (_, at) => row(at))
    const count = (...more: ReadonlyArray<string>) =>
      Effect.map(fetched(history(file(...rows, ...more), 200, 65_536)), (said) => Either.getOrThrow(said).length)
    expect(yield* count(row(0))).toBe(65_536)
    expect(yield* count(row(70_000), row(0))).toBe(65_538)
  })
)
