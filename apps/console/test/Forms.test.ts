import { describe, expect, it } from "vitest"
import { eventsOf, isAddress, isId, limitOf } from "../src/apps/App.ts"
import { isLong, madeUp } from "../src/people/Password.ts"
import { placeOf } from "../src/people/Place.ts"
import { actionsOf } from "../src/people/useChanges.tsx"

describe("what is typed about an app", () => {
  it("takes an empty limit for none, and refuses what is no whole number within its bounds", () => {
    expect(limitOf(" ", 5000)).toBeNull()
    expect(limitOf("40", 5000)).toBe(40)
    for (const wrong of ["0", "5001", "-1", "1.5", "abc", "1e3"]) expect(limitOf(wrong, 5000)).toBeUndefined()
  })

  it("takes types of events once each, however they are separated", () => {
    expect(eventsOf(["order.*"], "refund.failed, order.late_paid，order.*")).toEqual([
      "order.*",
      "refund.failed",
      "order.late_paid"
    ])
    expect(eventsOf([], "")).toBeNull()
    expect(eventsOf(["order.*"], "invoice.paid")).toBeNull()
  })

  it("takes http addresses and ids as the gateway does", () => {
    expect(isAddress("https://a.example/x")).toBe(true)
    expect(isAddress("ftp://a.example")).toBe(false)
    expect(isAddress("https://a b")).toBe(false)
    expect(isId("shop-2")).toBe(true)
    for (const wrong of ["", "-shop", "shop-", "Shop", "a".repeat(57)]) expect(isId(wrong)).toBe(false)
  })
})

describe("a password that is made up", () => {
  it("is long enough, has letters that are not taken for each other, and is another one each time", () => {
    const made = Array.from({ length: 200 }, madeUp)
    expect(new Set(made).size).toBe(200)
    for (const one of made) {
      expect(isLong(one)).toBe(true)
      expect(one).toMatch(/^(?:[a-km-zA-HJ-NP-Z2-9]{4}-){4}[a-km-zA-HJ-NP-Z2-9]{4}$/)
    }
  })
})

describe("the subject of a deed", () => {
  it("leads to its page, and nowhere where it has none", () => {
    expect(placeOf("order.close", "01K9V2H1Q800C4WN7RXA2D6ZEM5BTY")).toBe("/orders/01K9V2H1Q800C4WN7RXA2D6ZEM5BTY")
    expect(placeOf("order.export", "status=HELD")).toBeNull()
    expect(placeOf("difference.resolve", "wechatpay/2026-11-25/FEE-1")).toBe("/reconciliation/wechatpay/2026-11-25")
    expect(placeOf("key.add", "a/../b")).toBe("/apps/a%2F..%2Fb")
    expect(placeOf("proposal.approve", "prp_1")).toBeNull()
  })
})

describe("what an administrator can do with an operator", () => {
  const operator = {
    name: "maria",
    role: "operator",
    isDisabled: false,
    isFederated: false,
    createdAt: "2026-01-01T00:00:00Z",
    lastSeenAt: null,
    lockedUntil: null,
    sessions: 1
  } as const

  it("is all with others, and with himself only what takes nothing from him", () => {
    expect(actionsOf(operator, false)).toEqual(["changeRole", "newPassword", "endSessions", "disable"])
    expect(actionsOf(operator, true)).toEqual(["endSessions"])
  })

  it("has no password for who comes by the provider, and no sessions to end where there are none", () => {
    expect(actionsOf({ ...operator, isFederated: true, sessions: 0 }, false)).toEqual(["changeRole", "disable"])
  })

  it("unlocks who is locked and enables who is disabled", () => {
    const locked = { ...operator, isDisabled: true, lockedUntil: "2026-11-27T09:00:00Z", sessions: 0 }
    expect(actionsOf(locked, false)).toEqual(["unlock", "changeRole", "newPassword", "enable"])
  })
})
