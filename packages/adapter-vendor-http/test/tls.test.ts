import { readFileSync } from "node:fs"
import type { TLSSocket } from "node:tls"
import { expect, it } from "@effect/vitest"
import { Vendors } from "@payment-proxy/ports"
import { aPayment, FakeVendorTokens } from "@payment-proxy/testkit"
import { Effect, Either, Layer, Redacted, Schema } from "effect"
import { describe } from "vitest"
import * as VendorHttp from "../src/index.ts"
import { at } from "./mapping.ts"
import { json, platform } from "./platform.ts"

const pem = (name: string) => readFileSync(new URL(`certificates/${name}`, import.meta.url), "utf8")

const ca = pem("authority.crt")
const ours = { cert: pem("client.crt"), key: Redacted.make(pem("client.key")) }
const server = { cert: pem("server.crt"), key: pem("server.key") }
const payment = aPayment({ vendor: "platform" })
const stated = {
  merchant_payment_no: payment.merchantOrderNo,
  merchant_id: "merchant-tests",
  status: "PENDING",
  amount: 1234,
  currency: "CNY"
}

/** A create and a query of the vendor at `url`, by their outcomes. */
const asked = (url: string, tls?: VendorHttp.Tls) =>
  Effect.gen(function* () {
    const vendors = yield* Vendors
    const prepared = yield* vendors.prepare(payment, { description: "d", payer: {}, returnUrl: null })
    const all = [vendors.create(payment, prepared, Number.MAX_SAFE_INTEGER), vendors.query(payment)]
    const outcomes = yield* Effect.forEach(all, Effect.either)
    return outcomes.map(Either.match({ onLeft: ({ _tag }) => _tag, onRight: ({ kind }) => kind }))
  }).pipe(
    Effect.provide(
      VendorHttp.layer({ platform: { ...at(url), ...(tls === undefined ? {} : { tls }) } }).pipe(
        Layer.provide(FakeVendorTokens.layer(["platform"]))
      )
    )
  )

describe("a vendor's certificate", () => {
  it.live("of an authority that nobody named is refused, and nothing is sent", () =>
    Effect.gen(function* () {
      for (const name of ["server", "self"]) {
        const { url, seen } = yield* platform(json(200, stated), { cert: pem(`${name}.crt`), key: pem(`${name}.key`) })
        expect(yield* asked(url)).toEqual(["Unreachable", "Unreachable"])
        expect(seen.length).toBe(0)
      }
    }).pipe(Effect.scoped)
  )

  it.live("is refused whatever the environment says", () =>
    Effect.gen(function* () {
      const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"]
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0"
        }),
        () =>
          Effect.sync(() => {
            if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"]
            else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before
          })
      )
      const { url } = yield* platform(json(200, stated), server)
      expect(yield* asked(url)).toEqual(["Unreachable", "Unreachable"])
    }).pipe(Effect.scoped)
  )

  it.live("of the authority that the configuration names is accepted", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(json(200, stated), server)
      expect(yield* asked(url, { ca })).toEqual(["open", "open"])
      expect(seen.length).toBe(2)
    }).pipe(Effect.scoped)
  )

  it.live("of that authority for another name is refused", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(json(200, stated), { cert: pem("client.crt"), key: pem("client.key") })
      expect(yield* asked(url, { ca })).toEqual(["Unreachable", "Unreachable"])
      expect(seen.length).toBe(0)
    }).pipe(Effect.scoped)
  )

  it.live("is not asked of a server that speaks no TLS: nothing is sent", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(json(200, stated))
      expect(yield* asked(url.replace("http:", "https:"), { ca })).toEqual(["Unreachable", "Unreachable"])
      expect(seen.length).toBe(0)
    }).pipe(Effect.scoped)
  )
})

describe("our certificate", () => {
  const strict = { ...server, ca, requestCert: true, rejectUnauthorized: true }

  it.live("is shown where the vendor asks for it", () =>
    Effect.gen(function* () {
      const names: Array<unknown> = []
      const { url } = yield* platform((response, request) => {
        names.push((request.socket as TLSSocket).getPeerCertificate().subject?.CN)
        json(200, stated)(response, request)
      }, strict)
      expect(yield* asked(url, { ca, ...ours })).toEqual(["open", "open"])
      expect(names).toEqual(["Throwaway client of tests", "Throwaway client of tests"])
    }).pipe(Effect.scoped)
  )

  it.live("is missed by a vendor that asks for it: no request is read, and nothing is taken for an answer", () =>
    Effect.gen(function* () {
      for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
        const { url, seen } = yield* platform(json(200, stated), { ...strict, maxVersion })
        for (const outcome of yield* asked(url, { ca })) expect(["InDoubt", "Unreachable"]).toContain(outcome)
        expect(seen.length).toBe(0)
      }
    }).pipe(Effect.scoped)
  )

  it.live("is shown to its own vendor alone", () =>
    Effect.gen(function* () {
      const shown: Array<unknown> = []
      const lenient = { ...server, ca, requestCert: true, rejectUnauthorized: false }
      const { url } = yield* platform((response, request) => {
        shown.push((request.socket as TLSSocket).getPeerCertificate().subject?.CN)
        json(200, stated)(response, request)
      }, lenient)
      const both = VendorHttp.layer({
        platform: { ...at(url), tls: { ca, ...ours } },
        other: { ...at(url), tls: { ca } }
      }).pipe(Layer.provide(FakeVendorTokens.layer(["platform", "other"])))
      yield* Effect.flatMap(Vendors, (vendors) =>
        Effect.zipRight(vendors.query(payment), vendors.query({ ...payment, vendor: "other" }))
      ).pipe(Effect.provide(both))
      expect(shown).toEqual(["Throwaway client of tests", undefined])
    }).pipe(Effect.scoped)
  )
})

describe("a configuration", () => {
  const faultOf = (tls: object) =>
    Either.match(Schema.decodeUnknownEither(VendorHttp.Tls)(tls), {
      onLeft: ({ message }) => message,
      onRight: () => ""
    })

  it("with half of what is needed, or what does not belong together, is refused in words without its key", () => {
    const key = pem("client.key")
    expect(faultOf({ cert: ours.cert })).toContain("give cert and key")
    expect(faultOf({ key })).toContain("give cert and key")
    expect(faultOf({ ca: "/etc/ssl/ca.pem" })).toContain("put its PEM text here")
    expect(faultOf({ cert: ours.cert, key: "hush" })).toContain("put its PEM text here")
    expect(faultOf({ cert: ours.cert, key: pem("server.key") })).toContain("the key is the certificate's")
    expect(faultOf({ ca: ca.replace(/\n[A-Za-z0-9+/=]+\n-----END/, "\n-----END") })).toContain("PEM text is whole")
    for (const tls of [{ key }, { cert: ours.cert, key: pem("server.key") }, { cert: ours.cert, key: `x${key}` }])
      expect(faultOf(tls)).not.toContain(key.split("\n")[1])
    expect(faultOf({ ca, cert: ours.cert, key })).toBe("")
  })
})
