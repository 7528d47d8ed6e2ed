import { describe, expect, it } from "vitest"
import { whyOf, withoutWhy } from "../src/shell/Returned.ts"
import { signIn } from "../src/words/signIn.ts"

describe("Who comes back from the company's provider without being let in", () => {
  const told = (search: string) => {
    const why = whyOf(search)
    return why === null ? null : signIn.en[why]
  }

  it("is told why, and what to do, by the code in the address", () => {
    expect(told("?problem=OIDC_FAILED")).toContain("groups")
    expect(told("?problem=SIGN_IN_LOCKED")).toContain("in a minute")
    expect(told("?problem=STORE_UNAVAILABLE")).toContain("in a moment")
  })

  it("reads of groups where groups may be the cause, and nowhere else", () => {
    for (const code of ["SIGN_IN_LOCKED", "STORE_UNAVAILABLE", "NOT_FOUND"])
      expect(told(`?problem=${code}`)).not.toContain("groups")
  })

  it.each(["INTERNAL", "", "__proto__", "toString", "refused", "<b>Call 555</b>"])(
    "reads the general text where the address says %j",
    (code) => expect(whyOf(`?problem=${encodeURIComponent(code)}`)).toBe("oidcOther")
  )

  it("is told nothing where the address says nothing of it", () => {
    expect(told("")).toBeNull()
    expect(told("?status=HELD")).toBeNull()
  })

  it("goes on to an address that says nothing of it any more", () => {
    expect(withoutWhy("?problem=OIDC_FAILED")).toBe("")
    expect(withoutWhy("?status=HELD&problem=OIDC_FAILED")).toBe("?status=HELD")
    expect(withoutWhy("")).toBe("")
  })
})
