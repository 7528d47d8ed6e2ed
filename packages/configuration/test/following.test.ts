import { expect, it } from "@effect/vitest"
import * as VendorHttp from "@payment-proxy/adapter-vendor-http"
import { Vendors, VendorTokens } from "@payment-proxy/ports"
import { Effect, Either, Layer, Option } from "effect"
import { decode, VendorEntry } from "../src/index.ts"
import { demonstration, told, variables } from "./files.ts"

/** The demonstration's vendor with more settings, in an environment of production. */
const read = (settings: string, environment: Record<string, string> = {}) =>
  decode(
    demonstration.replace("    kind: mapped\n", `    kind: mapped\n${settings}`),
    { ...variables, ...environment },
    "a test"
  )

const faultsOf = (settings: string, environment: Record<string, string> = {}): ReadonlyArray<string> =>
  Either.match(read(settings, environment), { onLeft: told, onRight: () => [] })

/** How the demonstration's vendor is followed with these settings. */
const followed = (settings: string) =>
  Effect.gen(function* () {
    const { vendors, environment } = Either.getOrThrow(read(settings))
    const made = VendorHttp.layer(VendorEntry.placed(vendors, environment.PAYMENT_PROXY_PUBLIC_URL))
    const tokens = Layer.succeed(VendorTokens, VendorTokens.of({ get: () => Effect.never, discard: () => Effect.void }))
    const { confirming, latePaid } = yield* Effect.map(Vendors, ({ get }) => Option.getOrThrow(get("platform"))).pipe(
      Effect.provide(Layer.provide(made, tokens))
    )
    return { confirming, latePaid }
  })

it.effect("a vendor without waits of its own is asked as usual, and late money goes back", () =>
  Effect.gen(function* () {
    const { confirming, latePaid } = yield* followed("")
    expect(confirming.inDoubt.slice(0, 3)).toEqual([1000, 2000, 4000])
    expect(confirming.refund.at(-1)).toBe(3_600_000)
    expect(latePaid).toBe("refund")
  })
)

it.effect("waits that are configured take the place of the kind's, list by list", () =>
  Effect.gen(function* () {
    const usual = yield* followed("")
    const { confirming, latePaid } = yield* followed(
      "    confirm:\n      pendingSeconds: [3, 3, 60]\n      refundSeconds: [86400]\n    latePaid: accept\n"
    )
    expect(confirming).toEqual({ ...usual.confirming, pending: [3000, 3000, 60_000], refund: [86_400_000] })
    expect(latePaid).toBe("accept")
  })
)

it.each([
  ["an empty list", "[]", "Give 1 to 32 waits"],
  ["a list without end", `[${"5, ".repeat(33)}5]`, "Give 1 to 32 waits"],
  ["a wait below a second", "[0, 5]", "A wait is 1 to 86400 seconds"],
  ["a negative wait", "[-5]", "A wait is 1 to 86400 seconds"],
  ["a wait of more than a day", "[5, 86401]", "A wait is 1 to 86400 seconds"],
  ["waits that fall", "[5, 60, 30]", "quick at first, then slower"],
  ["a broken second", "[1.5]", "an integer"],
  ["a text", "['5s']", "number"]
])("%s is a fault at its place", (_, list, detail) => {
  const faults = faultsOf(`    confirm:\n      closingSeconds: ${list}\n`)
  expect(faults.map((fault) => fault.split(": ", 1)[0])).toEqual(
    faults.map(() => expect.stringMatching(/^\/vendors\/platform\/confirm\/closingSeconds/))
  )
  expect(faults.join()).toContain(detail)
})

it("a list that nobody knows, and another end of late money, are faults", () => {
  expect(faultsOf("    confirm:\n      pending: [5]\n").join()).toContain("/vendors/platform/confirm/pending: ")
  expect(faultsOf("    latePaid: keep\n")).toEqual([
    "/vendors/platform/latePaid: Money that comes after the app was told that it will not goes back (refund), or is kept (accept)."
  ])
})
