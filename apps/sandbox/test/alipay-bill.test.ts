import { unzipSync } from "fflate"
import { decode } from "iconv-lite"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { AlipayWorld } from "./alipay.ts"
import { beijing, fresh, openAlipay, vector } from "./alipay.ts"

const dayMillis = 86_400_000
let alipay: AlipayWorld
let number = ""
const at = (time: string) => alipay.control("/_clock", { now: `${time}+08:00` })
const tomorrow = () => new Date(Date.parse(`${today}T00:00:00Z`) + dayMillis).toISOString().slice(0, 10)
let today = ""
beforeAll(async () => {
  alipay = await openAlipay()
  today = beijing(dayMillis).slice(0, 10)
  // Ten in the morning in Beijing, so that no test runs into the next day.
  await at(`${today}T10:00:00`)
  number = await alipay.paid(fresh(), { subject: '旅行保险, "一年"' })
  await alipay.refund(number, "2.34", "RFX1")
  await alipay.create(fresh())
})
afterAll(async () => {
  await alipay.close()
  alipay.sweep()
})

const asked = (bill_date: string, bill_type = "trade", more: object = {}) =>
  alipay.call("alipay.data.dataservice.bill.downloadurl.query", { bill_type, bill_date, ...more })
const subCodeOf = async (answer: ReturnType<typeof asked>) => (await answer).fields["sub_code"]
const load = async (url: string) => {
  const response = await fetch(url)
  return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) }
}
/** The files of an archive, whose names are read as Latin-1 where they are not said to be UTF-8. */
const filesIn = (zip: Uint8Array) =>
  Object.entries(unzipSync(zip)).map(([name, bytes]) => ({
    name: decode(Buffer.from(name, "latin1"), "gbk"),
    lines: new TextDecoder("gbk", { fatal: true }).decode(bytes).split("\r\n")
  }))

describe("a bill", () => {
  it("is not there before nine on the next day", async () => {
    expect(await subCodeOf(asked(today))).toBe("INVAILID_ARGUMENTS")
    await at(`${tomorrow()}T08:59:00`)
    expect(await subCodeOf(asked(today))).toBe("BILL_NOT_EXIST")
    await at(`${tomorrow()}T09:00:00`)
    expect(await subCodeOf(asked(today))).toBeUndefined()
  })

  it("is asked for by the public SDK, and is in the vendor's own form", async () => {
    await at(`${tomorrow()}T10:00:00`)
    const bizContent = { bill_type: "trade", bill_date: today }
    const made = await alipay.certified.exec(
      "alipay.data.dataservice.bill.downloadurl.query",
      { timestamp: beijing(), bizContent },
      { validateSign: true }
    )
    const { status, bytes } = await load(String(made["bill_download_url"]))
    expect(status).toBe(200)
    const [details, total] = filesIn(bytes)
    const { sellerId } = alipay.credentials
    const name = `${sellerId}0156_${today.replaceAll("-", "")}_`
    expect([details?.name, total?.name]).toEqual([`${name}业务明细.csv`, `${name}业务明细(汇总).csv`])
    const { csv_base64 } = vector("bill") as { readonly csv_base64: string }
    const sample = decode(Buffer.from(csv_base64, "base64"), "gbk").split("\r\n")
    const columns = details?.lines.find((line) => !line.startsWith("#")) ?? ""
    expect(columns).toBe(sample.find((line) => !line.startsWith("#")))
    const rows = details?.lines.filter((line) => line !== "" && !line.startsWith("#")).slice(1) ?? []
    expect(rows.length).toBe(2)
    const { trade_no } = (await alipay.query(number)).fields
    const subject = '"旅行保险, ""一年"""'
    expect(rows[0]).toContain(`${trade_no}\t,${number}\t,交易\t,${subject},${today} 10:0`)
    expect(rows[0]).toContain(",12.34,12.34,0.00,")
    expect(rows[0]).toMatch(/,\t,-0\.07,0\.00,$/)
    expect(rows[1]).toContain(`${trade_no}\t,${number}\t,退款\t,${subject},${today} 10:0`)
    expect(rows[1]).toContain(",-2.34,-2.34,0.00,")
    expect(rows[1]).toMatch(/,RFX1\t,0\.01,0\.00,$/)
    expect(rows[1]?.replaceAll(subject, "").split(",").length).toBe(sample[5]?.split(",").length)
    expect(details?.lines).toContain("#交易合计：1笔，商家实收共12.34元，商家优惠共0.00元")
    expect(details?.lines).toContain("#退款合计：1笔，商家实收退款共-2.34元，商家优惠退款共0.00元")
  })

  it("has a link that is good for thirty seconds of the sandbox's time", async () => {
    await at(`${tomorrow()}T10:00:00`)
    const url = (await asked(today)).fields["bill_download_url"] ?? ""
    await alipay.advance(20_000)
    expect((await load(url)).status).toBe(200)
    await alipay.advance(10_000)
    expect((await load(url)).status).toBe(403)
    expect((await load(url.replace(/bill\/\w+/, "bill/none"))).status).toBe(403)
  })

  it("of a month is there on the third of the next", async () => {
    const month = today.slice(0, 7)
    await at(`${tomorrow()}T10:00:00`)
    expect(await subCodeOf(asked(month))).toBe("INVAILID_ARGUMENTS")
    const [year = 0, count = 0] = month.split("-").map(Number)
    const next = new Date(Date.UTC(year, count, 1)).toISOString().slice(0, 7)
    await at(`${next}-02T10:00:00`)
    expect(await subCodeOf(asked(month))).toBe("BILL_NOT_EXIST")
    await at(`${next}-03T10:00:00`)
    const { bytes } = await load((await asked(month)).fields["bill_download_url"] ?? "")
    expect(filesIn(bytes)[0]?.lines.some((line) => line.includes(number))).toBe(true)
  })

  it("is refused where there is nothing, or what is asked for is wrong", async () => {
    await at(`${tomorrow()}T10:00:00`)
    expect(await subCodeOf(asked("2020-02-29"))).toBe("NO_BILL_DATA")
    expect(await subCodeOf(asked("2021-02-29"))).toBe("INVAILID_ARGUMENTS")
    expect(await subCodeOf(asked("20200229"))).toBe("INVAILID_ARGUMENTS")
    expect(await subCodeOf(asked(tomorrow()))).toBe("INVAILID_ARGUMENTS")
    expect(await subCodeOf(asked("2020-02-29", "guess"))).toBe("INVAILID_ARGUMENTS")
    expect(await subCodeOf(asked("2020-02-29", "signcustomer"))).toBe("isv.insufficient-isv-permissions")
    expect(await subCodeOf(asked("2020-02-29", "trade", { page: "1" }))).toBe("ACQ.INVALID_PARAMETER")
  })
})
