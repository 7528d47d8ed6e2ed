import { describe, expect, it } from "vitest"
import { said, secretOf } from "../src/proposals/Said.ts"
import { proposals as texts } from "../src/words/proposals.ts"

const word = (state: string) => `<${state}>`
const app = (details: Readonly<Record<string, string | null>>) =>
  ({ kind: "app", summary: "The API's own words.", details }) as const

describe("what a proposal would do", () => {
  it("is said in both languages, with amounts in groups and states in words", () => {
    const refund = { kind: "refund", summary: "", details: { amount: "12880.00 CNY" } } as const
    expect(said(refund, texts.en, word)).toBe("Refund 12,880.00 CNY")
    expect(said(refund, texts.zh, word)).toBe("退款 12,880.00 CNY")
    const resolve = {
      kind: "resolve",
      summary: "",
      details: { state: "SUCCEEDED", acceptedAmount: "180.00 HKD" }
    } as const
    expect(said(resolve, texts.en, word)).toBe("Let it go on as <SUCCEEDED>, with 180.00 HKD accepted as captured")
  })

  it("says that a refund without an amount takes all that is left", () => {
    expect(said({ kind: "refund", summary: "", details: { amount: null } }, texts.en, word)).toBe("Refund what is left")
  })

  it("names the keys' overlap, and that none ends them at once", () => {
    expect(said(app({ type: "rotateKey", overlapHours: "24" }), texts.en, word)).toContain("24 h")
    expect(said(app({ type: "rotateKey", overlapHours: "0" }), texts.en, word)).toContain("at once")
  })

  it("names the events of an endpoint, and all where there is no filter", () => {
    const url = "https://a.example/x"
    expect(said(app({ type: "addEndpoint", url, events: '["order.*","refund.failed"]' }), texts.en, word)).toBe(
      `Send order.*, refund.failed to ${url}`
    )
    expect(said(app({ type: "addEndpoint", url, events: null }), texts.en, word)).toBe(`Send all events to ${url}`)
  })

  it("names each limit, and the ones that there are none of", () => {
    const limits = '{"createsPerSecond":200,"readsPerSecond":null,"streams":40}'
    expect(said(app({ type: "setLimits", limits }), texts.en, word)).toBe(
      "Set limits: 200 creates and unlimited reads a second, 40 streams"
    )
  })

  it("is said in the API's own words where the console does not know it, or cannot read it", () => {
    expect(said(app({ type: "somethingNewer" }), texts.zh, word)).toBe("The API's own words.")
    expect(said(app({ type: "setLimits", limits: "{broken" }), texts.zh, word)).toBe("The API's own words.")
  })
})

describe("what is shown once", () => {
  it("is a key or an endpoint's secret, and nothing of what makes none", () => {
    expect(secretOf(app({ type: "addKey" }))).toBe("key")
    expect(secretOf(app({ type: "rotateSecret" }))).toBe("secret")
    expect(secretOf(app({ type: "setLimits" }))).toBeNull()
    expect(secretOf({ kind: "refund", details: {} })).toBeNull()
  })
})
