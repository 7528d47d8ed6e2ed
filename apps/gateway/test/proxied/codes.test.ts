import { Problem } from "@payment-proxy/api"
import { Refusal } from "@payment-proxy/proxy"
import { expect, it } from "vitest"

const shared = Object.entries(Refusal.codes).filter(([code]) => code in Problem.codes)

it.each(shared)("%s has one status and one title at both doors", (code, meaning) => {
  expect(Problem.codes[code as Problem.Code]).toEqual(meaning)
})

it("there are such codes", () => {
  expect(shared.length).toBeGreaterThan(5)
})
