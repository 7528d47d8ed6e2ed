import { createHash } from "node:crypto"
import { gzipSync } from "node:zlib"
import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import type { Bill } from "@payment-proxy/ports"
import { Chunk, Effect, Either, FastCheck, Schema, Stream, TestClock } from "effect"
import { describe } from "vitest"
import { read, unzipped } from "../../src/wechatpay/bill.ts"
import { type Answer, platform } from "../platform.ts"
import * as Bench from "./bench.ts"
import { failure, signed } from "./bench.ts"

const fixture = Bench.vector("bill", Schema.Struct({ csv_base64: Schema.String, hash_value: Schema.String }))
const csv = Buffer.from(fixture.csv_base64, "base64")
const sha1 = (bytes: Uint8Array) => createHash("sha1").update(bytes).digest("hex")

const trades: Bill = { day: "2026-11-22", of: "trades" }
const funds: Bill = { day: "2026-11-22", of: "funds" }

const payment = {
  kind: "payment",
  merchantOrderNo: "PPX20261122000001",
  transactionNo: "4200002026202611221234567890",
  refundNo: null,
  vendorRefundNo: null,
  amount: Money.make(1234n, "CNY"),
  direction: "in",
  fee: "0.07000",
  state: "succeeded",
  atMillis: Date.parse("2026-11-22T13:20:35Z")
}
const refund = {
  ...payment,
  kind: "refund",
  refundNo: "RFX20261122000001",
  vendorRefundNo: "50000002026112212345678901234",
  amount: Money.make(234n, "CNY"),
  direction: "out",
  fee: "-0.01000",
  atMillis: Date.parse("2026-11-22T14:00:00Z")
}

interface Served {
  readonly place?: object
  readonly file?: Answer
  readonly bytes?: Uint8Array
}

const token = "6XIv5TUPto7pByrTQKhd6kwvyKLG2uY2wMMR8cNXqaA_Cv_isgaUtBzp4QtiozLO"

/** A day's bill from a platform that serves it so. */
const fetched = (bill: Bill, { place = {}, file, bytes = csv }: Served = {}, changes: object = {}) =>
  Effect.gen(function* () {
    yield* Bench.itIs
    let self = ""
    const { url, seen } = yield* platform((response, request) => {
      if (request.url?.startsWith("/v3/billdownload/") !== true) {
        const where = {
          hash_type: "SHA1",
          hash_value: sha1(bytes),
          download_url: `${self}/v3/billdownload/file?token=${token}`
        }
        return signed(200, { ...where, ...place })(response, request)
      }
      return file === undefined ? void response.writeHead(200).end(gzipSync(bytes)) : file(response, request)
    })
    self = url
    const vendor = yield* Bench.vendor(url, changes)
    const outcome = yield* Effect.either(Stream.runCollect(vendor.bill(bill)))
    return { outcome: Either.map(outcome, Chunk.toReadonlyArray), seen }
  }).pipe(Effect.scoped)

const tagOf = ({ outcome }: Effect.Effect.Success<ReturnType<typeof fetched>>) =>
  Either.match(outcome, { onLeft: ({ _tag }) => _tag, onRight: (lines) => lines.length })

describe("the fixtures' bill", () => {
  it.effect("is read line by line, by the names of its columns", () =>
    Effect.map(fetched(trades), ({ outcome }) => expect(outcome).toEqual(Either.right([payment, refund])))
  )

  it.effect("is read as well when it was not compressed", () =>
    Effect.map(fetched(trades, { file: (r) => void r.writeHead(200).end(csv) }), ({ outcome }) =>
      expect(outcome).toEqual(Either.right([payment, refund]))
    )
  )

  it.effect("is asked for and fetched by signed calls, the latter over its own path and query", () =>
    Effect.map(fetched(trades), ({ seen }) => {
      expect(seen.map(({ url }) => url)).toEqual([
        "/v3/bill/tradebill?bill_date=2026-11-22&bill_type=ALL&tar_type=GZIP",
        `/v3/billdownload/file?token=${token}`
      ])
      for (const { headers } of seen) expect(headers.authorization).toMatch(/^WECHATPAY2-SHA256-RSA2048 mchid="/)
    })
  )

  it.effect.prop(
    "is the same however its bytes come",
    { cuts: FastCheck.array(FastCheck.nat({ max: csv.length }), { maxLength: 40 }), isZipped: FastCheck.boolean() },
    ({ cuts, isZipped }) => {
      const whole = isZipped ? gzipSync(csv) : csv
      const at = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length]
      const pieces = at.slice(1).map((end, index) => whole.subarray(at[index], end))
      const place = { hash_type: "SHA1", hash_value: fixture.hash_value, download_url: "" }
      return Effect.map(Stream.runCollect(read(Stream.fromIterable(pieces), place, "trades")), (lines) => {
        expect(Chunk.toReadonlyArray(lines)).toEqual([payment, refund])
      })
    }
  )
})

const fundHead =
  "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号"
const fundTotals = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n`4,`1,`12.34,`3,`5.01\r\n"
const fundRows = [
  "`2026-11-22 21:20:35,`4200002026202611221234567890,`1900000109202611221,`交易,`交易,`收入,`12.34,`112.34,`system,`,`PPX20261122000001",
  "`2026-11-22 21:20:36,`4200002026202611221234567890,`1900000109202611222,`交易,`扣除交易手续费,`支出,`0.07,`112.27,`system,`,`PPX20261122000001",
  "`2026-11-22 22:00:00,`50000002026112212345678901234,`1900000109202611223,`退款,`退款,`支出,`2.34,`109.93,`1900000109API,`退款总金额2.34元,`RFX20261122000001",
  "`2026-11-22 23:00:00,`1,`1900000109202611224,`提现,`提现,`支出,`2.60,`107.33,`system,`,`0"
]

describe("a bill of funds", () => {
  it.effect("has payments, refunds and other movements, with our numbers from the voucher", () =>
    Effect.gen(function* () {
      const bytes = Buffer.from(`\ufeff${[fundHead, ...fundRows, ""].join("\r\n")}${fundTotals}`)
      const { outcome, seen } = yield* fetched(funds, { bytes })
      expect(seen[0]?.url).toBe("/v3/bill/fundflowbill?bill_date=2026-11-22&account_type=BASIC&tar_type=GZIP")
      const none = { merchantOrderNo: null, transactionNo: null, refundNo: null, vendorRefundNo: null, fee: null }
      expect(outcome).toEqual(
        Either.right([
          { ...payment, fee: null },
          {
            ...none,
            kind: "other",
            amount: Money.make(7n, "CNY"),
            direction: "out",
            state: "succeeded",
            atMillis: Date.parse("2026-11-22T13:20:36Z")
          },
          { ...refund, fee: null, merchantOrderNo: null, transactionNo: null },
          {
            ...none,
            kind: "other",
            amount: Money.make(260n, "CNY"),
            direction: "out",
            state: "succeeded",
            atMillis: Date.parse("2026-11-22T15:00:00Z")
          }
        ])
      )
    })
  )
})

const head = csv.toString("utf8").split("\r\n")[0] ?? ""
const row = csv.toString("utf8").split("\r\n")[1] ?? ""
const refundRow = csv.toString("utf8").split("\r\n")[2] ?? ""

const withRows = (...rows: ReadonlyArray<string>) =>
  Effect.map(fetched(trades, { bytes: Buffer.from([head, ...rows, ""].join("\r\n")) }), ({ outcome }) => outcome)

describe("a line of a bill", () => {
  it.effect.each([
    ["SUCCESS", "succeeded"],
    ["PROCESSING", "pending"],
    ["CHANGE", "pending"],
    ["FAIL", "failed"]
  ] as const)("of a refund that is %s is %s", ([word, state]) =>
    Effect.map(withRows(refundRow.replace("`ORIGINAL,`SUCCESS", `\`ORIGINAL,\`${word}`)), (outcome) =>
      expect(outcome).toEqual(Either.right([{ ...refund, state }]))
    )
  )

  it.effect("of a reversal at a till is another movement", () =>
    Effect.map(withRows(refundRow.replace("`REFUND,", "`REVOKED,")), (outcome) =>
      expect(outcome).toMatchObject({ right: [{ kind: "other", direction: "out", refundNo: null }] })
    )
  )

  it.effect("has an amount with superfluous zeros as well", () =>
    Effect.map(withRows(row.replaceAll("12.34", "12.3400")), (outcome) =>
      expect(outcome).toEqual(Either.right([payment]))
    )
  )

  it.effect("has no time and no fee where they are none", () =>
    Effect.map(withRows(row.replace("2026-11-22 21:20:35", "2026-11-22").replace("0.07000", "")), (outcome) =>
      expect(outcome).toEqual(Either.right([{ ...payment, atMillis: null, fee: null }]))
    )
  )

  it.effect.each([
    ["an unknown state", row.replace("`SUCCESS,", "`MYSTERY,")],
    ["a refund's unknown state", refundRow.replace("`ORIGINAL,`SUCCESS", "`ORIGINAL,`MYSTERY")],
    ["an unknown currency", row.replace("`CNY", "`RMB")],
    ["an amount that is none", row.replaceAll("12.34", "1e2")],
    ["an amount below zero", row.replaceAll("12.34", "-12.34")],
    ["more columns than the head", `${row},\`x`],
    ["fewer columns", row.slice(0, row.lastIndexOf(",`"))]
  ] as const)("with %s is in doubt, and those before it were told", ([_, bad]) =>
    Effect.map(withRows(row, bad), (outcome) => expect(outcome).toMatchObject({ left: { _tag: "InDoubt" } }))
  )
})

describe("a bill", () => {
  it.effect.each<readonly [what: string, served: Served, outcome: string | number]>([
    ["with a head alone", { bytes: Buffer.from(`${head}\r\n`) }, 0],
    ["that is empty", { bytes: Buffer.from("") }, 0],
    ["that is not what its hash says", { place: { hash_value: "0".repeat(40) } }, "InDoubt"],
    ["whose hash is in capital letters", { place: { hash_value: sha1(csv).toUpperCase() } }, 2],
    ["with a hash of another kind", { place: { hash_type: "MD5" } }, "InDoubt"],
    [
      "that breaks off",
      { file: (r) => void r.writeHead(200, { "content-length": "5000" }).write(gzipSync(csv), () => r.destroy()) },
      "InDoubt"
    ],
    ["that ends too early", { file: (r) => void r.writeHead(200).end(gzipSync(csv).subarray(0, 400)) }, "InDoubt"],
    [
      "of garbage",
      { file: (r) => void r.writeHead(200).end(Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 255, 255])) },
      "InDoubt"
    ],
    ["that is not UTF-8", { bytes: Buffer.concat([csv, Buffer.from([0xff, 10])]) }, "InDoubt"],
    ["with a line that does not end", { bytes: Buffer.alloc(200_000, "x") }, "InDoubt"],
    ["without the column of the state", { bytes: Buffer.from(csv.toString().replace("交易状态", "x")) }, "InDoubt"],
    ["that is refused", { file: failure(403, "NO_AUTH") }, "InDoubt"],
    ["at another host", { place: { download_url: "http://127.0.0.1:1/v3/billdownload/file?token=1" } }, "InDoubt"],
    ["at no address", { place: { download_url: "/v3/billdownload/file" } }, "InDoubt"],
    ["that is nowhere", { place: { download_url: undefined } }, "InDoubt"]
  ])("%s is %s", ([_, served, outcome]) =>
    Effect.map(fetched(trades, served), (found) => expect(tagOf(found)).toBe(outcome))
  )

  it.effect("is never asked for elsewhere, however alike the address looks", () =>
    Effect.gen(function* () {
      const elsewhere = yield* platform((response) => void response.writeHead(200).end(csv))
      for (const to of [elsewhere.url, `http://127.0.0.1@${new URL(elsewhere.url).host}`, "https://127.0.0.1"]) {
        const { outcome, seen } = yield* fetched(trades, { place: { download_url: `${to}/v3/billdownload/file` } })
        expect(outcome).toMatchObject({ left: { _tag: "InDoubt" } })
        expect(seen).toHaveLength(1)
      }
      expect(elsewhere.seen).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.effect.each<readonly [what: string, answer: Answer, outcome: string | number]>([
    ["NO_STATEMENT_EXIST", failure(400, "NO_STATEMENT_EXIST"), 0],
    ["STATEMENT_CREATING", failure(400, "STATEMENT_CREATING"), "Throttled"],
    ["NO_AUTH", failure(403, "NO_AUTH"), "Throttled"],
    ["429", failure(429, "FREQUENCY_LIMITED"), "Throttled"],
    ["PARAM_ERROR", failure(400, "PARAM_ERROR"), "Rejected"],
    ["SYSTEM_ERROR", failure(500, "SYSTEM_ERROR"), "InDoubt"],
    ["MYSTERY", failure(400, "MYSTERY"), "InDoubt"]
  ])("that is answered with %s is %s", ([_, answer, outcome]) =>
    Effect.gen(function* () {
      yield* Bench.itIs
      const { url } = yield* platform(answer)
      const vendor = yield* Bench.vendor(url)
      const found = yield* Effect.either(Stream.runCollect(vendor.bill(trades)))
      expect(Either.match(found, { onLeft: ({ _tag }) => _tag, onRight: Chunk.size })).toBe(outcome)
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    [Date.parse("2026-11-24T09:59:59+08:00"), "Throttled"],
    [Date.parse("2026-11-24T10:00:00+08:00"), 0]
  ] as const)(
    "of the 23rd that is not there at %d is %s: it is made until 10 of the next morning",
    ([atMillis, outcome]) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(atMillis)
        const { url } = yield* platform(failure(400, "NO_STATEMENT_EXIST"))
        const vendor = yield* Bench.vendor(url)
        const found = yield* Effect.either(Stream.runCollect(vendor.bill({ day: "2026-11-23", of: "trades" })))
        expect(Either.match(found, { onLeft: ({ _tag }) => _tag, onRight: Chunk.size })).toBe(outcome)
      }).pipe(Effect.scoped)
  )

  it.effect("that is almost nothing compressed comes in pieces of some megabytes at most", () =>
    Effect.gen(function* () {
      const bomb = gzipSync(Buffer.alloc(60_000_000, "x"))
      const longest = yield* Stream.runFold(unzipped(Stream.make(bomb)), 0, (most, { length }) =>
        Math.max(most, length)
      )
      expect(longest).toBeGreaterThan(0)
      expect(longest).toBeLessThan(8_000_000)
    })
  )

  it.effect("of any length is read without being held: the lines come before the file ends", () =>
    Effect.gen(function* () {
      const endless = Stream.concat(
        Stream.make(Buffer.from(`${head}\r\n`)),
        Stream.repeatValue(Buffer.from(`${row}\r\n`.repeat(100)))
      )
      const place = { hash_type: "SHA1", hash_value: "", download_url: "" }
      const lines = yield* Stream.runCount(Stream.take(read(endless, place, "trades"), 10_000))
      expect(lines).toBe(10_000)
    })
  )
})
