import { expect, layer } from "@effect/vitest"
import { PaymentCommands, type RefundMachine } from "@payment-proxy/domain"
import { Vendors, VendorTokens } from "@payment-proxy/ports"
import { aPayment, freshNo, Sandbox, vendorsContract } from "@payment-proxy/testkit"
import { Clock, DateTime, Effect, Either, Layer, Option, Redacted, Schema } from "effect"
import * as VendorHttp from "../src/index.ts"
import * as Listener from "./listener.ts"
import { at } from "./mapping.ts"

const TokenAnswer = Schema.Struct({ access_token: Schema.String })

/** A real token of the sandbox, by hand: adapters know nothing of each other. */
const tokens = Layer.effect(
  VendorTokens,
  Effect.gen(function* () {
    const { issuer, clientId, clientSecret } = yield* Sandbox.Sandbox
    const authorization = `Basic ${btoa(`${clientId}:${clientSecret}`)}`
    const body = new URLSearchParams({ grant_type: "client_credentials", scope: "payments" })
    const { access_token } = yield* Effect.promise(() =>
      fetch(`${issuer}/token`, { method: "POST", headers: { authorization }, body }).then((response) => response.json())
    ).pipe(Effect.flatMap(Schema.decodeUnknown(TokenAnswer)), Effect.orDie)
    return VendorTokens.of({ get: () => Effect.succeed(Redacted.make(access_token)), discard: () => Effect.void })
  })
)

const limits = { createMillis: 1000, queryMillis: 1000, closeMillis: 1000 }

const vendors = Layer.unwrapEffect(
  Effect.map(Effect.all([Sandbox.Sandbox, Listener.Listener]), ([{ url }, listener]) =>
    VendorHttp.layer({ platform: { ...at(url, { limits }), notifyUrl: `${listener.url}/platform` } })
  )
).pipe(Layer.provideMerge(tokens), Layer.provideMerge(Layer.merge(Sandbox.layer, Listener.layer)))

const control = (method: "GET" | "POST" | "PUT", path: string, body?: unknown) =>
  Effect.flatMap(Sandbox.Sandbox, (sandbox) => sandbox.control(method, path, body))

const Ledger = Schema.Struct({ payments: Schema.Array(Schema.Struct({ merchant_payment_no: Schema.String })) })

const faults = {
  dropAfter: "drop-after-accept",
  dropBefore: "drop-before-accept",
  error: "error-after-accept",
  garbage: "garbage",
  html: "html",
  truncate: "truncate",
  cut: "cut",
  hang: "hang",
  reject: "reject"
} as const

const paymentsOf = (no: string) =>
  control("GET", "/_ledger").pipe(
    Effect.flatMap(Schema.decodeUnknown(Ledger)),
    Effect.map(({ payments }) => payments.filter((payment) => payment.merchant_payment_no === no).length)
  )

vendorsContract("mapped, against the sandbox", vendors, "platform", {
  scenes: [
    {
      method: "ALIPAY",
      source: "WEB",
      currency: "CNY",
      details: { description: "Insurance", payer: {}, returnUrl: null }
    }
  ],
  traits: {
    unopened: "open",
    refused: "failed",
    close: "closed",
    numbered: true,
    completes: false,
    authorizes: false,
    refunds: true,
    bills: true,
    tells: true
  },
  pay: ({ merchantOrderNo }) => control("POST", `/_payments/${merchantOrderNo}/pay`),
  refuse: (no) => control("POST", `/_payments/${no}/refuse`),
  next: (on, number, how) => {
    const fault = on === "query" && how === "error" ? "error-before-accept" : faults[how]
    return control("PUT", "/_faults", [{ on: on === "queryRefund" ? "query-refund" : on, fault, number, times: 1 }])
  },
  payments: paymentsOf,
  settle: Effect.void,
  notifications: Effect.flatMap(Listener.Listener, ({ got }) => got("/platform")),
  day: Effect.map(DateTime.now, (now) => DateTime.formatIso(now).slice(0, 10)),
  advance: (millis) => Effect.succeed(millis)
})

layer(vendors, { excludeTestServices: true })("a refund, against the sandbox", (it) =>
  it.effect("is on its way until the platform says how it ended, and the payment says what went back", () =>
    Effect.gen(function* () {
      const service = yield* Vendors
      const created = aPayment({ vendor: "platform", createdAtMillis: yield* Clock.currentTimeMillis })
      const details = { description: "Insurance", payer: {}, returnUrl: null }
      const payment = Either.getOrThrow(PaymentCommands.command(created, { type: "submit" })).order
      yield* service.create(payment, yield* service.prepare(payment, details), Number.MAX_SAFE_INTEGER)
      yield* control("POST", `/_payments/${payment.merchantOrderNo}/pay`)
      const refund = (amountMinor: bigint): RefundMachine.Refund => ({
        refundNo: freshNo(),
        payOrderNo: payment.payOrderNo,
        amount: { amountMinor, currency: "CNY" },
        reason: null,
        createdAtMillis: 0,
        deadlineMillis: 0,
        state: "SUBMITTING",
        version: 1,
        learntVersion: 0,
        vendorRefundNo: null,
        unknownCalls: 1,
        contradiction: null,
        failure: null,
        heldReason: null,
        refundedAtMillis: null,
        head: null
      })
      const number = payment.merchantOrderNo
      yield* control("PUT", "/_faults", [{ on: "refund", fault: "refund-pending", number, times: 2 }])
      const [good, bad] = [refund(34n), refund(100n)]
      for (const one of [good, bad]) {
        expect((yield* service.refund(payment, one, Number.MAX_SAFE_INTEGER)).kind).toBe("pending")
        expect((yield* service.queryRefund(payment, one)).kind).toBe("pending")
      }
      expect((yield* service.query(payment)).kind).toBe("paid")
      yield* control("POST", `/_payments/${number}/settle`, { refund: bad.refundNo, failed: true })
      yield* control("POST", `/_payments/${number}/settle`)
      const ends = [yield* service.queryRefund(payment, good), yield* service.queryRefund(payment, bad)]
      expect(ends.map(({ kind }) => kind)).toEqual(["succeeded", "failed"])
      expect(yield* service.query(payment)).toMatchObject({ kind: "refunds", total: 34n })
      yield* control("POST", `/_payments/${number}/refund`, { amountMinor: 200 })
      expect(yield* service.query(payment)).toMatchObject({ kind: "refunds", total: 234n })
    })
  )
)

layer(vendors, { excludeTestServices: true })("a caller's own create, against the sandbox", (it) =>
  it.effect("is read as it passes, and sent again by us it is the same payment", () =>
    Effect.gen(function* () {
      const { url } = yield* Sandbox.Sandbox
      const service = yield* Vendors
      const bearer = yield* Effect.flatMap(VendorTokens, ({ get }) => get("platform"))
      const mapping = Option.getOrThrow(VendorHttp.Mappings.make({ platform: at(url) }).of("platform"))
      const no = `SHOP-${freshNo().slice(-20)}`
      const text = `{ "merchant_payment_no": "${no}", "amount":1234,\n "currency": "CNY", "subject":"天", "scene": "QR" }`
      const headers = { "content-type": "application/json", "idempotency-key": no }
      const call = {
        method: "POST",
        path: "/payments",
        query: "",
        headers: [...Object.entries(headers).flat(), "authorization", "Bearer of-the-caller"],
        body: new TextEncoder().encode(text)
      }
      const asked = Either.getOrThrow(mapping.order(call))
      const { merchantOrderNo, amount, source } = asked
      const payment = aPayment({ vendor: "platform", merchantOrderNo, amount, source })
      const response = yield* Effect.promise(() =>
        fetch(`${url}/payments`, {
          method: "POST",
          headers: { ...headers, authorization: `Bearer ${Redacted.value(bearer)}` },
          body: text
        })
      )
      const body = new Uint8Array(yield* Effect.promise(() => response.arrayBuffer()))
      const answer = {
        status: response.status,
        headers: [...response.headers].flat(),
        body,
        isWhole: true,
        askedAtMillis: 0
      }
      const said = Either.getOrThrow(mapping.said("create", answer, payment))
      expect(said).toMatchObject({ kind: "open", foreign: null, amount: asked.amount })
      expect(yield* service.create(payment, mapping.prepared(call), Number.MAX_SAFE_INTEGER)).toEqual(said)
      expect(yield* paymentsOf(no)).toBe(1)
      yield* control("POST", `/_payments/${no}/pay`)
      expect(yield* service.query(payment)).toMatchObject({ kind: "paid", transactionNo: said.transactionNo })
    })
  )
)
