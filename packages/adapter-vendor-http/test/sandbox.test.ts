import { VendorTokens } from "@payment-proxy/ports"
import { Sandbox, vendorsContract } from "@payment-proxy/testkit"
import { Effect, Layer, Redacted, Schema } from "effect"
import * as Vendors from "../src/index.ts"
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

const vendors = Layer.unwrapEffect(Effect.map(Sandbox.Sandbox, ({ url }) => Vendors.layer({ platform: at(url) }))).pipe(
  Layer.provide(tokens),
  Layer.provideMerge(Sandbox.layer)
)

const control = (method: "GET" | "POST" | "PUT", path: string, body?: unknown) =>
  Effect.flatMap(Sandbox.Sandbox, (sandbox) => sandbox.control(method, path, body))

const Ledger = Schema.Struct({ payments: Schema.Array(Schema.Struct({ merchant_payment_no: Schema.String })) })

const faults = { dropAfter: "drop-after-accept", dropBefore: "drop-before-accept", reject: "reject" } as const

vendorsContract("mapped, against the sandbox", vendors, "platform", {
  pay: (no) => control("POST", `/_payments/${no}/pay`),
  refuse: (no) => control("POST", `/_payments/${no}/refuse`),
  nextCreate: (no, how) => control("PUT", "/_faults", [{ on: "create", fault: faults[how], number: no, times: 1 }]),
  payments: (no) =>
    control("GET", "/_ledger").pipe(
      Effect.flatMap(Schema.decodeUnknown(Ledger)),
      Effect.map(({ payments }) => payments.filter((payment) => payment.merchant_payment_no === no).length)
    )
})
