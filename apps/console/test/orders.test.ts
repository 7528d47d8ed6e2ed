import { describe, expect, it } from "vitest"
import * as Exporting from "../src/orders/Exporting.ts"
import * as Search from "../src/orders/Search.ts"

const nowMillis = Date.parse("2026-11-27T10:20:30.456Z")

describe("A search in the address", () => {
  it("keeps what is one of its parts and drops the rest", () => {
    const given = { number: 4200001234, status: "HELD", evil: "x", createdFrom: "yesterday", currency: "cny", app: "" }
    expect(Search.fromAddress(given)).toEqual({ number: "4200001234", status: "HELD" })
  })

  it("drops what it does not know, as of a link from before", () => {
    const known = { status: "HELD", method: "ALIPAY", range: "24h", currency: "JPY", vendor: "wechat", app: "shop" }
    expect(Search.fromAddress(known)).toEqual(known)
    const unknown = { status: "NOPE", method: "CASH", range: "2h", currency: "XQZ", vendor: "v".repeat(65) }
    expect(Search.fromAddress({ ...unknown, app: "a".repeat(65), createdFrom: "2026-13-45T10:20Z" })).toEqual({})
    expect(Search.fromAddress({ status: "toString", method: "toString", currency: "__proto__" })).toEqual({})
  })

  it("asks for a quick range by its begin, the same within a minute", () => {
    expect(Search.filterOf({ range: "24h" }, nowMillis)).toEqual({ createdFrom: "2026-11-26T10:20Z" })
    expect(Search.filterOf({ range: "24h" }, nowMillis + 20_000)).toEqual({ createdFrom: "2026-11-26T10:20Z" })
  })

  it("asks for amounts only with their currency", () => {
    expect(Search.filterOf({ amountFrom: "1", amountTo: "2" }, nowMillis)).toEqual({})
    expect(Search.keptOf({ range: "24h", status: "HELD" })).toEqual({ range: "24h", status: "HELD" })
    expect(Search.filterOf({ amountFrom: "1", currency: "JPY" }, nowMillis)).toEqual({
      amountFrom: "1",
      currency: "JPY"
    })
  })

  it("is on its first page again once a filter changes", () => {
    expect(Search.changed({ cursor: "abc", status: "HELD" }, { vendor: "wechat" })).toEqual({
      status: "HELD",
      vendor: "wechat"
    })
    expect(Search.changed({ status: "HELD" }, { status: null })).toEqual({})
  })

  it("carries exact times to the field and back", () => {
    expect(Search.instantOf(Search.localOf("2026-11-23T08:01:31.000Z"))).toBe("2026-11-23T08:01:31.000Z")
    expect(Search.instantOf("")).toBe("")
  })
})

const utf8 = new TextEncoder()
const streamOf = (...parts: ReadonlyArray<string>) =>
  new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => {
      for (const part of parts) controller.enqueue(utf8.encode(part))
      controller.close()
    }
  })

const sink = () => {
  const seen: Array<string> = []
  const decoder = new TextDecoder()
  return {
    seen,
    write: async (bytes: Uint8Array<ArrayBuffer>) => void seen.push(decoder.decode(bytes, { stream: true })),
    close: async () => void seen.push("<closed>"),
    abort: async () => void seen.push("<aborted>")
  }
}

describe("An export", () => {
  it("counts orders, not lines: a line's end within quotes ends none, however the bytes are cut", async () => {
    const into = sink()
    const progress: Array<number> = []
    const orders = await Exporting.run(
      streamOf('no,text\r\n1,"a\r', '\nb"\r\n2,"say ""hi', '""\n"\r\n3,c'),
      into,
      (count) => progress.push(count)
    )
    expect(orders).toBe(3)
    expect(progress).toEqual([0, 1, 2])
    expect(into.seen.at(-1)).toBe("<closed>")
  })

  it("leaves nothing behind when the answer breaks off", async () => {
    const into = sink()
    const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => controller.error(new Error("gone"))
    })
    await expect(Exporting.run(broken, into, () => {})).rejects.toThrow("gone")
    expect(into.seen).toEqual(["<aborted>"])
  })

  it("hands a browser without file access one file with all of it", async () => {
    const files: Array<Blob> = []
    await Exporting.run(
      streamOf("a\r\n", "b\r\n"),
      Exporting.blobSink((file) => files.push(file)),
      () => {}
    )
    expect(await files[0]?.text()).toBe("a\r\nb\r\n")
  })

  it("never says that it is through by an estimate", () => {
    expect(Exporting.percent(2000, { count: 1000, isExact: false })).toBe(98)
    expect(Exporting.percent(500, { count: 1000, isExact: true })).toBe(50)
    expect(Exporting.percent(0, { count: 0, isExact: true })).toBe(0)
  })

  it("names its file by the moment", () => {
    expect(Exporting.fileName(nowMillis)).toBe("orders-2026-11-27-102030Z.csv")
  })
})
