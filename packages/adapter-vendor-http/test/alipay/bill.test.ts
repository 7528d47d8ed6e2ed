import { readFileSync } from "node:fs"
import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import type { Bill, BillLine } from "@payment-proxy/ports"
import { Chunk, Effect, Either, Stream } from "effect"
import { strToU8, Zip, ZipDeflate, zipSync } from "fflate"
import iconv from "iconv-lite"
import { describe } from "vitest"
import * as AlipayBill from "../../src/alipay/bill.ts"
import { methods } from "../../src/alipay/requests.ts"
import { type Answer, platform } from "../platform.ts"
import { bills, error, gateway, ok, signedText, speaking } from "./world.ts"

const gbk = (text: string) => new Uint8Array(iconv.encode(text, "gbk"))
const fixture = new Uint8Array(Buffer.from(bills.csv_base64, "base64"))
const sums = gbk("#支付宝业务汇总查询\r\n门店编号,门店名称,交易订单总笔数\r\n合计,,1\r\n")
/** `20887…_业务明细.csv`, as its bytes of GBK stand in a ZIP. */
const gbkName = "2088_20261122_\u00d2\u00b5\u00ce\u00f1\u00c3\u00f7\u00cf\u00b8.csv"

const inPieces = (bytes: Uint8Array, size: number) =>
  Stream.fromIterable(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
  )

const linesOf = (zip: Uint8Array, of: Bill["of"] = "trades", size = 7) =>
  Stream.runCollect(AlipayBill.lines(inPieces(zip, size), of)).pipe(Effect.map(Chunk.toReadonlyArray), Effect.either)

const read = (zip: Uint8Array, of: Bill["of"] = "trades", size = 7) => Effect.runSync(linesOf(zip, of, size))

const outcome = (zip: Uint8Array, of: Bill["of"] = "trades"): unknown =>
  Either.match(read(zip, of), { onLeft: ({ _tag }) => _tag, onRight: (lines) => lines.length })

const expected: ReadonlyArray<BillLine> = [
  {
    kind: "payment",
    merchantOrderNo: "PPX20261122000001",
    transactionNo: "2026112222001400001111111111",
    refundNo: null,
    vendorRefundNo: null,
    amount: Money.make(1234n, "CNY"),
    direction: "in",
    fee: "0.07",
    state: "succeeded",
    atMillis: Date.parse("2026-11-22T21:25:00+08:00")
  },
  {
    kind: "refund",
    merchantOrderNo: "PPX20261122000001",
    transactionNo: "2026112222001400001111111111",
    refundNo: "RFX20261122000001",
    vendorRefundNo: null,
    amount: Money.make(234n, "CNY"),
    direction: "out",
    fee: "-0.01",
    state: "succeeded",
    atMillis: Date.parse("2026-11-22T21:40:01+08:00")
  }
]

/** A ZIP whose sizes stand behind its files, as a server writes one that it makes while it sends it. */
const streamed = (bytes: Uint8Array): Uint8Array => {
  const parts: Array<Uint8Array> = []
  const zip = new Zip((_, part) => void parts.push(part))
  const file = new ZipDeflate("a.csv")
  zip.add(file)
  file.push(bytes, true)
  zip.end()
  return Buffer.concat(parts)
}

const header =
  "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,订单金额（元）,商家实收（元）,退款批次号/请求号,服务费（元）"
const table = (...rows: ReadonlyArray<string>) => zipSync({ "a.csv": gbk([header, ...rows, ""].join("\r\n")) })
const row = (changes: { readonly [at: number]: string } = {}) =>
  ["2026\t", "PPX1\t", "交易", "鞋", "2026-11-22 21:20:00", "2026-11-22 21:25:00", "1.00", "1.00", "\t", "-0.01"]
    .map((value, at) => changes[at] ?? value)
    .join(",")

describe("a bill of trades", () => {
  it.each([1, 7, 4096, 100_000])("of the fixture is read as it comes, %d bytes at a time", (size) => {
    const zip = zipSync({ "2088_20261122_sums.csv": sums, [gbkName]: fixture })
    expect(read(zip, "trades", size)).toEqual(Either.right(expected))
  })

  it("is read whichever way its ZIP was made", () => {
    for (const level of [0, 9] as const)
      expect(read(zipSync({ [gbkName]: [fixture, { level }], sums: [sums, { level }] }))).toEqual(
        Either.right(expected)
      )
    expect(read(streamed(fixture))).toEqual(Either.right(expected))
  })

  it("of a day without business has no lines", () => {
    expect(outcome(table())).toBe(0)
    expect(outcome(zipSync({ "a.csv": gbk(`#业务明细\r\n${header}\r\n#交易合计：0笔\r\n`) }))).toBe(0)
  })

  it("is read by its columns' names, in any order and writing", () => {
    const csv =
      "完成时间,业务类型,订单金额(元),商户订单号,支付宝交易号,服务费（元）, 退款批次号/请求号\n2026-11-22 21:25:00,交易,1,A,B,0.00,\n"
    expect(Either.getOrThrow(read(zipSync({ a: gbk(csv) })))).toMatchObject([
      { merchantOrderNo: "A", transactionNo: "B", fee: "0.00", amount: { amountMinor: 100n } }
    ])
  })

  it("keeps what else moved the account, and goods whose names look like something else", () => {
    const zip = table(
      row({ 2: "其它", 6: "-3.00" }),
      row({ 2: "constructor" }),
      row({ 3: '"quoted, ""twice"""', 5: "", 9: "" }),
      row({ 3: 'half " quoted # not a comment' })
    )
    expect(Either.getOrThrow(read(zip))).toMatchObject([
      { kind: "other", direction: "out", amount: { amountMinor: 300n } },
      { kind: "other", direction: "in" },
      { kind: "payment", atMillis: null, fee: null },
      { kind: "payment" }
    ])
  })

  it("with half a character of GBK in a name loses no column", () => {
    const [before = "", after = ""] = row({ 3: "|" }).split("|")
    const csv = Buffer.concat([gbk(`${header}\n${before}`), Buffer.from([0xd0]), gbk(`${after}\n`)])
    expect(Either.getOrThrow(read(zipSync({ a: csv })))).toMatchObject([{ amount: { amountMinor: 100n } }])
  })

  it("of many lines is read line by line", () => {
    const zip = table(...Array.from({ length: 20_000 }, (_, n) => row({ 1: `PPX${n}\t` })))
    const lines = Either.getOrThrow(read(zip, "trades", 65_536))
    expect(lines.length).toBe(20_000)
    expect(lines[19_999]).toMatchObject({ merchantOrderNo: "PPX19999" })
  })

  const whole = table(row(), row())
  it.each<readonly [string, Uint8Array]>([
    ["breaks off in the middle", whole.slice(0, 150)],
    ["breaks off in a file whose size stands behind it", streamed(fixture).slice(0, 300)],
    ["is no ZIP", strToU8("<html>link expired</html>")],
    ["is nothing", new Uint8Array()],
    ["is a ZIP of nothing", zipSync({})],
    ["has sums alone", zipSync({ a: sums })],
    ["lacks a column", zipSync({ a: gbk("支付宝交易号,商户订单号,业务类型\n1,2,交易\n") })],
    ["has a line with fewer values", table("1,2,3")],
    ["has an amount that is none", table(row({ 6: "one" }))],
    ["has a quote that never ends", table(row({ 3: '"鞋' }), row(), row())],
    ["has a quote that ends lines later", table(row({ 3: '"鞋' }), row(), row({ 3: '鞋"' }))],
    ["has a line without an end", zipSync({ a: gbk(`${header}\n${"1".repeat(200_000)}`) })],
    ["is damaged", whole.map((byte, at) => (at > 60 && at < 90 ? byte ^ 0x55 : byte))]
  ])("that %s is in doubt", (_, zip) => {
    expect(outcome(zip)).toBe("InDoubt")
  })

  it("gives the lines before it breaks off", () => {
    const zip = table(...Array.from({ length: 5000 }, (_, n) => row({ 1: `PPX${n}` })))
    const seen: Array<BillLine> = []
    const lines = AlipayBill.lines(inPieces(zip.slice(0, zip.length / 2), 512), "trades")
    const end = Effect.runSync(Effect.either(Stream.runForEach(lines, (line) => Effect.sync(() => seen.push(line)))))
    expect(Either.isLeft(end)).toBe(true)
    expect(seen.length).toBeGreaterThan(1000)
  })
})

it("a bill of funds says what came into the account and what left it", () => {
  const csv = [
    "#支付宝账务明细查询",
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注",
    "1\t,2026A\t,PPX1\t,鞋,2026-11-22 21:25:00,a@b.c,12.34,0.00,12.34,支付宝,在线支付,",
    "2\t,2026A\t,PPX1\t,鞋,2026-11-22 21:40:00,a@b.c,,-2.34,10.00,支付宝,交易退款,",
    "3\t,2026B\t,\t,,2026-11-22 21:41:00,,0.00,-0.07,9.93,支付宝,收费,"
  ].join("\r\n")
  expect(Either.getOrThrow(read(zipSync({ a: gbk(csv) }), "funds"))).toMatchObject([
    {
      kind: "payment",
      direction: "in",
      amount: { amountMinor: 1234n },
      merchantOrderNo: "PPX1",
      transactionNo: "2026A"
    },
    { kind: "refund", direction: "out", amount: { amountMinor: 234n }, refundNo: null, fee: null },
    { kind: "other", direction: "out", amount: { amountMinor: 7n }, merchantOrderNo: null }
  ])
})

describe("a bill is fetched", () => {
  const zip = zipSync({ a: fixture })
  const day = { day: "2026-11-22", of: "trades" } as const

  const fetched = (file: Answer, bill: Bill = day, said?: object, changes: object = {}) =>
    Effect.gen(function* () {
      const files = yield* platform(file)
      const bill_download_url = `${files.url}/downloadBillFile.resource?bizType=trade&userId=1&token=x%2By`
      const api = yield* platform(gateway(signedText(methods.bill, said ?? { ...ok, bill_download_url })))
      const outcome = yield* speaking(
        api.url,
        (vendors) => Effect.either(Stream.runCollect(vendors.bill("alipay", bill))),
        changes
      )
      return {
        lines: Either.match(outcome, { onLeft: ({ _tag }) => _tag, onRight: (lines) => Chunk.size(lines) }),
        asked: new URLSearchParams(api.seen[0]?.body.toString()).get("biz_content"),
        files: files.seen
      }
    }).pipe(Effect.scoped)

  const serves: Answer = (response) => response.writeHead(200, { "content-type": "application/zip" }).end(zip)

  it.effect("from where Alipay says, by a plain GET", () =>
    Effect.gen(function* () {
      const { lines, asked, files } = yield* fetched(serves)
      expect(lines).toBe(2)
      expect(asked).toBe('{"bill_type":"trade","bill_date":"2026-11-22"}')
      const [file] = files
      expect(file?.method).toBe("GET")
      expect(file?.url).toBe("/downloadBillFile.resource?bizType=trade&userId=1&token=x%2By")
      expect(file?.body.length).toBe(0)
      expect(Object.keys(file?.headers ?? {}).sort()).toEqual([
        "accept",
        "accept-encoding",
        "connection",
        "host",
        "user-agent"
      ])
    })
  )

  it.effect("of the account under its own name", () =>
    Effect.gen(function* () {
      const { asked, lines } = yield* fetched(serves, { ...day, of: "funds" })
      expect(asked).toBe('{"bill_type":"signcustomer","bill_date":"2026-11-22"}')
      expect(lines).toBe("InDoubt")
    })
  )

  it.effect.each(["NO_BILL_DATA", "BILL_NOT_EXIST", "INVAILID_ARGUMENTS"])(
    "that is not there (%s) is empty, once it would be; before, it is not ready",
    (code) =>
      Effect.gen(function* () {
        expect(yield* fetched(serves, day, error(code))).toMatchObject({ lines: 0, files: [] })
        expect(yield* fetched(serves, { ...day, day: "2026-11-23" }, error(code))).toMatchObject({ lines: "Throttled" })
      })
  )

  it.effect.each<readonly [string, Answer]>([
    ["a redirect", (response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end()],
    ["an expired link", (response) => void response.writeHead(404).end()],
    ["a page", gateway("<html></html>")],
    ["half of it", gateway(Buffer.from(zip.slice(0, 200)))]
  ])("and is in doubt where %s is there", ([, answer]) =>
    Effect.gen(function* () {
      expect(yield* fetched(answer)).toMatchObject({ lines: "InDoubt" })
    })
  )

  it.effect("never in the clear where the gateway is not", () =>
    Effect.gen(function* () {
      const pem = (name: string) => readFileSync(new URL(`../certificates/${name}`, import.meta.url), "utf8")
      const files = yield* platform(serves)
      const body = { ...ok, bill_download_url: `${files.url}/bill` }
      const api = yield* platform(gateway(signedText(methods.bill, body)), {
        cert: pem("server.crt"),
        key: pem("server.key")
      })
      const failure = yield* speaking(api.url, (vendors) => Effect.flip(Stream.runDrain(vendors.bill("alipay", day))), {
        tls: { ca: pem("authority.crt") }
      })
      expect(failure).toMatchObject({ _tag: "InDoubt", detail: "The bill's address is not safe to fetch." })
      expect(files.seen.length).toBe(0)
    }).pipe(Effect.scoped)
  )

  it.effect("and asks for patience where Alipay does", () =>
    Effect.gen(function* () {
      expect(yield* fetched(serves, day, error("SYSTEM_RATE_LIMIT"))).toMatchObject({ lines: "Throttled" })
    })
  )

  it.effect("of a day that is none is refused", () =>
    Effect.gen(function* () {
      expect(yield* fetched(serves, { ...day, day: "2026-02-30" })).toMatchObject({ lines: "Rejected" })
    })
  )
})
