import { expect, it } from "@effect/vitest"
import { addressFaults } from "../src/Settings.ts"

it.each(["http://vendor.example", "http://10.0.0.7:8080"])(
  "plain http to another machine is a fault: %s",
  (baseUrl) => {
    expect(addressFaults({ baseUrl })).toEqual([
      {
        at: "/baseUrl",
        detail: "Refusals are not signed and go by TLS alone: use https (http is for this machine alone)."
      }
    ])
  }
)

it.each(["https://vendor.example", "http://127.0.0.1:4010", "http://localhost"])("%s is none", (baseUrl) => {
  expect(addressFaults({ baseUrl })).toEqual([])
})
