import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as VendorHttp from "@payment-proxy/adapter-vendor-http"
import { AppKeys, Changes, secretContext } from "@payment-proxy/application"
import { type Configuration, Current, Generations, load, Process, VendorEntry } from "@payment-proxy/configuration"
import { Apps, Orders, unlimited, Vault, Vendors, VendorTokens } from "@payment-proxy/ports"
import { type Filter, Headers, type Message, Route } from "@payment-proxy/proxy"
import { FakeVault, FakeVendors, Memory } from "@payment-proxy/testkit"
import { Context, Effect, Layer, Logger, LogLevel, ManagedRuntime, Option, Redacted } from "effect"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import * as Layers from "../src/Layers.ts"
import { Proxied } from "../src/proxied/Proxied.ts"
import * as Routes from "../src/proxied/Routes.ts"

const vendor = {
  kind: "mapped",
  baseUrl: "https://old.example/svc",
  merchantId: "merchant-tests",
  oauth: { tokenEndpoint: "https://old.example/token", clientId: "old", clientSecret: "throwaway" },
  create: {
    path: "/payments",
    body: {
      merchant_payment_no: { from: "payOrderNo" },
      amount: { from: "amountMinor" },
      currency: { from: "currency" },
      scene: { from: "source" },
      subject: { from: "description" },
      notify_url: { from: "notifyUrl" }
    }
  },
  query: { path: "/payments/by-merchant-no/{payOrderNo}" },
  close: { path: "/payments/by-merchant-no/{payOrderNo}/close" },
  proxied: { method: "ALIPAY" },
  payment: {
    number: "/merchant_payment_no",
    transactionNo: "/id",
    status: "/status",
    merchant: "/merchant_id",
    amountMinor: "/amount",
    currency: "/currency",
    paidAt: "/paid_at",
    nextType: "/action/type",
    nextUrl: "/action/url"
  },
  statuses: { PENDING: "open", SUCCEEDED: "paid", FAILED: "failed", CLOSED: "closed" },
  error: { code: "/error", payment: "/payment", numberReused: "number_reused" },
  notification: { payment: "/data" }
}

/** A vendor side whose token is the name of its client. */
const sideOf = ({ vendors }: Configuration) => {
  const oauth = VendorEntry.clientsOf(vendors)["platform"] ?? expect.fail("no vendor")
  return Layer.mergeAll(
    Layer.effect(
      Vendors,
      Effect.map(Layer.build(FakeVendors.layer({ names: ["platform"] })), (context) => Context.get(context, Vendors))
    ).pipe(Layer.provide(Layer.scope)),
    Layer.succeed(VendorTokens, {
      get: () => Effect.succeed(Redacted.make(`token-of-${oauth.clientId}`)),
      discard: () => Effect.void
    }),
    VendorHttp.Mappings.layer(VendorEntry.mapped(vendors))
  )
}

/** The routes of a file, without a server: what came into force, in order. */
const opened = async (routes: object) => {
  const folder = mkdtempSync(join(tmpdir(), "payment-proxy-routes-"))
  const file = join(folder, "file.yaml")
  const write = (changes: object) =>
    writeFileSync(file, JSON.stringify({ vendors: { platform: { ...vendor, ...changes } }, routes }))
  write({})
  vi.stubEnv("PAYMENT_PROXY_CONFIG", file)
  vi.stubEnv("PAYMENT_PROXY_DATA", folder)
  const loaded = await Effect.runPromise(load(process.env, Process.fileText))
  const inForce: Array<ReadonlyArray<Route.Route>> = []
  const stores = Layer.mergeAll(Memory.layer, FakeVault.layer, Layers.announcer)
  const runtime = ManagedRuntime.make(
    Routes.layer(loaded).pipe(
      Layer.provide(
        Layer.succeed(Proxied, {
          handle: () => false,
          replace: (next) => Effect.sync(() => void inForce.push(next))
        })
      ),
      Layer.provideMerge(Generations.layer(loaded, sideOf)),
      Layer.provideMerge(Layer.provideMerge(Changes.layer, stores)),
      Layer.provide(Logger.minimumLogLevel(LogLevel.None))
    )
  )
  onTestFinished(async () => {
    await runtime.dispose()
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true, force: true })
  })
  const { text, keyId, secretSha256 } = AppKeys.generate()
  await runtime.runPromise(
    Effect.gen(function* () {
      const apps = yield* Apps
      const sealedSecret = yield* (yield* Vault).seal(
        secretContext("shop-webhook"),
        "whsec_c2VjcmV0IG9mIGEgdGVzdCwgMjQgYnl0ZXM="
      )
      const endpoints = [
        {
          id: "shop-webhook",
          url: "https://shop.example/webhooks",
          sealedSecrets: [sealedSecret],
          events: null,
          stopped: null
        }
      ]
      yield* apps.put({ id: "shop", name: "shop", endpoints, limits: unlimited, isDisabled: false })
      yield* apps.addKey({ keyId, app: "shop", secretSha256, createdAtMillis: 0, revokedAtMillis: null })
    })
  )
  return { runtime, inForce, write, key: text }
}

type Opened = Awaited<ReturnType<typeof opened>>

const request = (changes: Partial<Message.Request>): Message.Request => ({
  route: "r",
  caller: null,
  method: "GET",
  path: "/v1/notes",
  query: "",
  headers: [],
  body: { _tag: "Empty" },
  limits: Route.defaults.limits,
  sent: { exchanges: [] },
  untilMillis: Number.POSITIVE_INFINITY,
  ...changes
})

const answer = (status: number, body?: object, headers: ReadonlyArray<string> = []): Message.Response => ({
  status,
  headers: ["content-type", "application/json", ...headers],
  body: body === undefined ? { _tag: "Empty" } : { _tag: "Bytes", bytes: Buffer.from(JSON.stringify(body)) }
})

/** A call through a route's filters: what the caller got, and what the vendor did. */
const called = async (
  { runtime }: Opened,
  route: Route.Route | undefined,
  asked: Message.Request,
  ...answers: ReadonlyArray<Message.Response>
) => {
  const sent: Array<Message.Request> = []
  const handler = (route?.filters ?? expect.fail("no route")).reduceRight<Filter.Handler>(
    (next, { around }) => around(next),
    (seen): ReturnType<Filter.Handler> => {
      sent.push(seen)
      return Effect.succeed(answers[Math.min(sent.length, answers.length) - 1] ?? answer(200))
    }
  )
  const got = await runtime.runPromise(
    handler(asked).pipe(
      Effect.map(({ status, headers }) => ({ status, headers })),
      Effect.catchAll(({ problem: { status }, headers }) => Effect.succeed({ status, headers }))
    )
  )
  return { ...got, sent }
}

const soleRoute = ({ inForce }: Opened, at: number) => inForce[at]?.[0]

describe("a key of ours", () => {
  const both = (key: string) => ["payment-proxy-key", key, "authorization", `Bearer ${key}`, "accept", "*/*"]

  it.each(["apps", "anyone"])("goes no further in any of its places, where callers are %s", async (callers) => {
    const world = await opened({ r: { vendor: "platform", allow: ["ANY /**"], filters: [], callers } })
    for (const headers of [both(world.key), both(world.key).slice(0, 2), both(world.key).slice(2)]) {
      const { sent } = await called(world, soleRoute(world, 0), request({ headers }))
      expect(sent.map((one) => JSON.stringify(one.headers))).toHaveLength(1)
      expect(JSON.stringify(sent)).not.toContain("pp_live_")
    }
  })

  it.each(["apps", "anyone"])(
    "leaves what is meant for the vendor beside it, where callers are %s",
    async (callers) => {
      const world = await opened({ r: { vendor: "platform", allow: ["ANY /**"], filters: [], callers } })
      const headers = ["payment-proxy-key", world.key, "authorization", "Bearer theirs"]
      const { sent } = await called(world, soleRoute(world, 0), request({ headers }))
      expect(sent.map((one) => Headers.get(one.headers, "authorization"))).toEqual(["Bearer theirs"])
    }
  )
})

describe("a configuration that is taken up", () => {
  it("gives its token to its own routes: a call under way by those of before has that of before", async () => {
    const route = { vendor: "platform", allow: ["ANY /**"], filters: ["oauth"], callers: "anyone" }
    const world = await opened({ r: route })
    world.write({ baseUrl: "https://new.example/svc", oauth: { ...vendor.oauth, clientId: "new" } })
    const current = await world.runtime.runPromise(Current.Current)
    await world.runtime.runPromise(current.look)
    expect(world.inForce.map((routes) => routes.map(({ target }) => target))).toEqual([
      ["https://old.example/svc"],
      ["https://new.example/svc"]
    ])
    const tokens = [0, 1].map(async (at) => {
      const { sent } = await called(world, soleRoute(world, at), request({}))
      return sent.map(({ headers }) => Headers.get(headers, "authorization"))
    })
    expect(await Promise.all(tokens)).toEqual([["Bearer token-of-old"], ["Bearer token-of-new"]])
  })
})

describe("payment-order", () => {
  const mapped = { r: { vendor: "platform", allow: ["GET /v1/**"], filters: ["payment-order", "oauth"] } }
  const orderHeader = "payment-proxy-order"

  it("takes the name of an order off, where the vendor says one to a call that is about none", async () => {
    const world = await opened(mapped)
    const said = answer(200, {}, ["Payment-Proxy-Order", "01J00000000000000000000000000", "x-other", "stays"])
    const { status, headers } = await called(
      world,
      soleRoute(world, 0),
      request({ headers: ["authorization", `Bearer ${world.key}`] }),
      said
    )
    expect([status, Headers.get(headers, orderHeader), Headers.get(headers, "x-other")]).toEqual([
      200,
      undefined,
      "stays"
    ])
  })

  const payment = {
    id: "pay_1",
    merchant_id: "merchant-tests",
    merchant_payment_no: "SHOP-1",
    status: "PENDING",
    amount: 1234,
    currency: "CNY",
    action: { type: "qr", url: "https://pay.example/1" }
  }
  const badToken = ["www-authenticate", 'Bearer error="invalid_token"']

  it.each([
    ["that it gives no reason for", [answer(401, {})], 401],
    ["of our token, twice", [answer(401, {}, badToken)], 502]
  ] as const)("a 401 of the vendor's %s ends no order: the same call may come again", async (_, refusals, status) => {
    const world = await opened(mapped)
    const { merchant_payment_no, amount, currency } = payment
    const create = request({
      method: "POST",
      path: "/payments",
      headers: ["authorization", `Bearer ${world.key}`, "content-type", "application/json"],
      body: {
        _tag: "Bytes",
        bytes: Buffer.from(
          JSON.stringify({ merchant_payment_no, amount, currency, scene: "WEB", subject: "Insurance" })
        )
      }
    })
    const state = () =>
      world.runtime.runPromise(
        Effect.flatMap(Orders, (orders) => orders.byMerchantOrderNo("platform", "SHOP-1")).pipe(
          Effect.map(Option.map(({ payment: { state, payOrderNo } }) => ({ state, payOrderNo }))),
          Effect.map(Option.getOrNull)
        )
      )
    const refused = await called(world, soleRoute(world, 0), create, ...refusals)
    expect(refused.status).toBe(status)
    const before = await state()
    expect(before?.state).toBe("SUBMITTING")
    const again = await called(world, soleRoute(world, 0), create, answer(201, payment))
    expect([again.status, Headers.get(again.headers, orderHeader)]).toEqual([201, before?.payOrderNo])
    expect(await state()).toEqual({ state: "PENDING", payOrderNo: before?.payOrderNo })
  })
})
