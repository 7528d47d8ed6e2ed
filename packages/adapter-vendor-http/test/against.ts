import type { Payment } from "@payment-proxy/domain"
import { VendorTokens } from "@payment-proxy/ports"
import { type Platform, Sandbox, type Struck, type Wrong } from "@payment-proxy/testkit"
import { Duration, Effect, Layer, Redacted, Schema } from "effect"
import * as VendorHttp from "../src/index.ts"
import * as Listener from "./listener.ts"

type Name = keyof typeof VendorHttp.Kinds.kinds

/** Short enough that a vendor who hangs holds no test up. */
export const limits = { createMillis: 1500, queryMillis: 1500, closeMillis: 1500 }

const TokenAnswer = Schema.Struct({ access_token: Schema.String })

/** What a vendor's merchant console hands out. */
export type Credentials = { readonly [name: string]: unknown }

/** Nobody asks for tokens of most vendors. */
const none = VendorTokens.of({ get: () => Effect.die("no tokens here"), discard: () => Effect.void })

/** Tokens by hand, where a vendor has such: adapters know nothing of each other. */
export const tokensFrom = (endpoint: string, clientId: string, clientSecret: string) => {
  const authorization = `Basic ${btoa(`${clientId}:${clientSecret}`)}`
  const fetched = Effect.promise(() =>
    fetch(endpoint, {
      method: "POST",
      headers: { authorization },
      body: new URLSearchParams({ grant_type: "client_credentials" })
    }).then((response) => response.json())
  ).pipe(
    Effect.flatMap(Schema.decodeUnknown(TokenAnswer)),
    Effect.orDie,
    Effect.map(({ access_token }) => Redacted.make(access_token))
  )
  return Effect.map(Effect.cachedInvalidateWithTTL(fetched, Duration.infinity), ([get, invalidate]) =>
    VendorTokens.of({ get: () => get, discard: () => invalidate })
  )
}

/** A vendor that the sandbox plays, by its name there, configured from what its merchant console hands out. */
export const sandbox = (
  name: Name,
  configOf: (credentials: Credentials) => object,
  tokensOf: (credentials: Credentials) => Effect.Effect<VendorTokens["Type"]> = () => Effect.succeed(none)
) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { credentials, control: told } = yield* Sandbox.Sandbox
      const listener = yield* Listener.Listener
      // PayPal tells the address that the merchant registered, not one that comes with the order.
      yield* told("POST", "/_payments/-/listen-paypal", { url: `${listener.url}/paypal` })
      const own = Object(credentials)[name] as Credentials
      const schema = VendorHttp.Kinds.kinds[name].config as unknown as Schema.Schema<VendorHttp.Kinds.VendorConfig>
      const decoded = yield* Schema.decodeUnknown(schema)({ kind: name, ...configOf(own), limits })
      const placed = { ...decoded, notifyUrl: `${listener.url}/${name}`, returnUrl: `${listener.url}/return/${name}` }
      return VendorHttp.layer({ [name]: placed }).pipe(Layer.provideMerge(Layer.effect(VendorTokens, tokensOf(own))))
    })
  ).pipe(Layer.provideMerge(Layer.merge(Sandbox.layerWith({ vendors: [name] }), Listener.layer)))

const control = (method: "GET" | "POST" | "PUT", path: string, body?: unknown) =>
  Effect.flatMap(Sandbox.Sandbox, (service) => service.control(method, path, body))

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
} as const satisfies Record<Wrong, string>

const callOf = (on: Struck): string => (on === "queryRefund" ? "query-refund" : on)

const Ledger = Schema.Struct({
  held: Schema.Array(Schema.Struct({ vendor: Schema.String, number: Schema.String }))
})

/** Opens what a payer was given, where the vendor knows nothing of the order before (Alipay's page, wap and app). */
const opened = (name: Name, next: Payment.Payment["next"]) =>
  Effect.flatMap(Sandbox.Sandbox, ({ vendors }) => {
    const orderString = next?.type === "app" ? next.parameters["orderString"] : undefined
    const url = next?.type === "redirect" ? next.url : `${vendors[name]}/app?${orderString}`
    return name === "alipay" && (next?.type === "redirect" || orderString !== undefined)
      ? Effect.promise(() => fetch(url).then((response) => response.text()))
      : Effect.void
  })

/** The platform's day now, hours ahead of UTC. */
export const dayIn = (hours: number) =>
  control("POST", "/_clock", { advanceMillis: 0 }).pipe(
    Effect.flatMap(Schema.decodeUnknown(Schema.Struct({ now: Schema.String }))),
    Effect.map(({ now }) => new Date(Date.parse(now) + hours * 3_600_000).toISOString().slice(0, 10))
  )

type Parts = Pick<Platform<Sandbox.Sandbox | Listener.Listener>, "scenes" | "traits" | "day">

/** The sandbox as the platform behind a vendor. */
export const platform = (name: Name, parts: Parts): Platform<Sandbox.Sandbox | Listener.Listener> => ({
  ...parts,
  pay: ({ merchantOrderNo, next }) =>
    Effect.zipRight(opened(name, next), control("POST", `/_payments/${merchantOrderNo}/pay`)),
  refuse: (no) => control("POST", `/_payments/${no}/refuse`),
  next: (on, number, how) => {
    const fault = on.startsWith("query") && how === "error" ? "error-before-accept" : faults[how]
    return control("PUT", "/_faults", [{ on: callOf(on), fault, number, times: 1 }])
  },
  payments: (no) =>
    control("GET", "/_ledger").pipe(
      Effect.flatMap(Schema.decodeUnknown(Ledger)),
      Effect.map(({ held }) => held.filter(({ vendor, number }) => vendor === name && number === no).length)
    ),
  advance: (advanceMillis) =>
    control("POST", "/_clock", { advanceMillis }).pipe(
      Effect.flatMap(Schema.decodeUnknown(Schema.Struct({ now: Schema.String }))),
      Effect.map(({ now }) => Date.parse(now))
    ),
  settle: control("POST", "/_clock", { advanceMillis: 65_000 }),
  notifications: Effect.flatMap(Listener.Listener, ({ got }) => got(`/${name}`))
})
