import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { HttpServer } from "@effect/platform"
import { AppKeys, Policies, secretContext, Work } from "@payment-proxy/application"
import { Current, Process } from "@payment-proxy/configuration"
import { Apps, unlimited, Vault, Vendors } from "@payment-proxy/ports"
import { FaultyPorts, Sandbox } from "@payment-proxy/testkit"
import { Clock, Duration, Effect, Layer, Logger, ManagedRuntime, Option, type Tracer } from "effect"
import * as Http from "../../src/Http.ts"
import * as Layers from "../../src/Layers.ts"
import * as Proxied from "../../src/proxied/Proxied.ts"
import * as Routes from "../../src/proxied/Routes.ts"
import * as Server from "../../src/Server.ts"
import { type Answer, ask, type Init, json } from "./calls.ts"
import type { Vendor } from "./vendor.ts"

/** A throwaway secret of tests, which signs what goes to the apps' webhooks. */
export const webhookSecret = "whsec_c2VjcmV0IG9mIGEgdGVzdCwgMjQgYnl0ZXM="

/** A mapped vendor whose API is the sandbox's. */
export const vendorAt = (baseUrl: string, oauth: object, changes: object = {}) => ({
  kind: "mapped",
  baseUrl,
  merchantId: "merchant-tests",
  oauth,
  create: {
    path: "/payments",
    body: {
      merchant_payment_no: { from: "payOrderNo" },
      amount: { from: "amountMinor" },
      currency: { from: "currency" },
      scene: { from: "source" },
      method: { from: "method" },
      subject: { from: "description" },
      notify_url: { from: "notifyUrl" },
      return_url: { from: "returnUrl" },
      expires_at: { from: "expiresAt" }
    }
  },
  query: { path: "/payments/by-merchant-no/{payOrderNo}", also: ["/payments/{transactionNo}"] },
  close: { path: "/payments/by-merchant-no/{payOrderNo}/close", also: ["/payments/{transactionNo}/close"] },
  proxied: { method: "ALIPAY" },
  payment: {
    number: "/merchant_payment_no",
    transactionNo: "/id",
    status: "/status",
    merchant: "/merchant_id",
    amountMinor: "/amount",
    currency: "/currency",
    paidAt: "/paid_at",
    failure: "/failure_reason",
    nextType: "/action/type",
    nextUrl: "/action/url"
  },
  statuses: { PENDING: "open", SUCCEEDED: "paid", FAILED: "failed", CLOSED: "closed" },
  error: { code: "/error", payment: "/payment", numberReused: "number_reused" },
  notification: { payment: "/data" },
  ...changes
})

/** A vendor of the test's own, as the file has it. */
export const vendorOf = ({ url }: Vendor, changes: object = {}) =>
  vendorAt(`${url}/svc`, { tokenEndpoint: `${url}/token`, clientId: "tests", clientSecret: "throwaway" }, changes)

/** The sandbox, as the file has it. */
export const sandboxVendor = (sandbox: SandboxWorld, oauth: object = {}, changes: object = {}) =>
  vendorAt(
    sandbox.url,
    {
      issuer: sandbox.issuer,
      clientId: sandbox.clientId,
      clientSecret: sandbox.clientSecret,
      scope: "payments",
      ...oauth
    },
    { notification: { payment: "/data", secret: sandbox.webhookSecret }, ...changes }
  )

interface Ledger {
  readonly requests: ReadonlyArray<{
    readonly method: string
    readonly path: string
    readonly did: string
    readonly status: unknown
    readonly numbers: ReadonlyArray<string>
  }>
  readonly payments: ReadonlyArray<{
    readonly id: string
    readonly merchant_payment_no: string
    readonly status: string
  }>
}

/** A sandbox, and what it was asked. */
export const openSandbox = async (options: Sandbox.Options = {}) => {
  const runtime = ManagedRuntime.make(Sandbox.layerWith(options))
  const sandbox = await runtime.runPromise(Sandbox.Sandbox)
  const control = (method: "GET" | "POST" | "PUT", path: string, body?: unknown) =>
    runtime.runPromise(sandbox.control(method, path, body))
  const ledger = () => control("GET", "/_ledger") as Promise<Ledger>
  return {
    ...sandbox,
    control,
    ledger,
    faults: (...list: ReadonlyArray<object>) => control("PUT", "/_faults", list),
    /** How often its token server was asked, and how often its API. */
    asked: async () => {
      const { requests } = await ledger()
      const isToken = ({ path }: { readonly path: string }) => path === "token" || path === "/oauth/token"
      return { tokens: requests.filter(isToken).length, calls: requests.filter((one) => !isToken(one)).length }
    },
    /** A token of the client's own. */
    token: async (secret = sandbox.clientSecret): Promise<string> => {
      const answer = await ask(sandbox.url, "POST", "/oauth/token", {
        headers: {
          authorization: `Basic ${btoa(`${sandbox.clientId}:${secret}`)}`,
          "content-type": "application/x-www-form-urlencoded"
        },
        body: "grant_type=client_credentials&scope=payments"
      })
      return String(json(answer)["access_token"])
    },
    close: () => runtime.dispose()
  }
}

export type SandboxWorld = Awaited<ReturnType<typeof openSandbox>>

/** A clock that can be put on; who sleeps is not woken by it. */
const movable = () => {
  const real = Clock.make()
  let aheadMillis = 0
  const clock: Clock.Clock = {
    ...real,
    unsafeCurrentTimeMillis: () => real.unsafeCurrentTimeMillis() + aheadMillis,
    unsafeCurrentTimeNanos: () => real.unsafeCurrentTimeNanos() + BigInt(aheadMillis) * 1_000_000n,
    currentTimeMillis: Effect.map(real.currentTimeMillis, (millis) => millis + aheadMillis),
    currentTimeNanos: Effect.map(real.currentTimeNanos, (nanos) => nanos + BigInt(aheadMillis) * 1_000_000n),
    sleep: (duration) => real.sleep(duration)
  }
  return {
    clock,
    putOn: (millis: number) => {
      aheadMillis += millis
    }
  }
}

/** Soon, so that tests need not wait. */
const soon = Layer.mergeAll(
  Layer.effect(
    Policies,
    Effect.map(Policies, (usual) => ({
      ...usual,
      createMargin: Duration.millis(100),
      inbox: [Duration.millis(100)]
    }))
  ),
  Layer.effect(
    Work.Paces,
    Effect.map(Work.Paces, (usual) => ({ ...usual, idle: Duration.millis(50), rest: Duration.millis(100) }))
  )
)

/** Vendors that are asked soon; all else is the newest generation's, however often that changes. */
const quick = Layer.effect(
  Vendors,
  Effect.map(Vendors, (vendors): Vendors["Type"] => {
    const get: Vendors["Type"]["get"] = (name) =>
      Option.map(vendors.get(name), (vendor) => ({
        ...vendor,
        confirming: { inDoubt: [100], pending: [300], authorized: [100], closing: [100], refund: [100] }
      }))
    return Object.create(vendors, { get: { value: get } })
  })
)

export interface Options {
  /** Another gateway's, which it shares. */
  readonly folder?: string
  readonly limits?: Parameters<typeof Server.layer>[1]
  /** What goes wrong with calls of the store. */
  readonly plan?: (call: string) => FaultyPorts.Fault | null
  /** Whether the loops over what is due run. */
  readonly isWorking?: boolean
  readonly tracer?: Tracer.Tracer
}

/** All of a gateway as `main` has it, its logs kept in `lines`. */
const gateway = (
  configuration: Effect.Effect.Success<typeof Process.configured>,
  { limits = {}, plan, isWorking = true, tracer }: Options,
  lines: Array<string>,
  clock: Clock.Clock
) => {
  const adapters = Layers.fromConfiguration(configuration)
  const next = plan ?? (() => null)
  const ports = FaultyPorts.orders.pipe(
    Layer.provide(Layer.succeed(FaultyPorts.FaultPlan, { next: (call) => Effect.sync(() => next(call)) })),
    Layer.provideMerge(quick),
    Layer.provideMerge(adapters)
  )
  const logger = Logger.replace(
    Logger.defaultLogger,
    Logger.map(Logger.jsonLogger, (line) => void lines.push(line))
  )
  return Layer.merge(Http.layer, isWorking ? Work.layer : Layer.empty).pipe(
    Layer.provideMerge(Server.layer({ host: "127.0.0.1", port: 0 }, limits)),
    Layer.provideMerge(Routes.layer(configuration)),
    Layer.provideMerge(Proxied.layer),
    Layer.provideMerge(ports),
    Layer.provide(soon),
    Layer.provide(logger),
    Layer.provide(tracer === undefined ? Layer.empty : Layer.setTracer(tracer)),
    Layer.provide(Layer.setClock(clock))
  )
}

const appWithKey = (id: string, url: string) =>
  Effect.gen(function* () {
    const sealedSecret = yield* Effect.flatMap(Vault, ({ seal }) => seal(secretContext(`${id}-webhook`), webhookSecret))
    const apps = yield* Apps
    yield* apps.put({
      id,
      name: id,
      endpoints: [{ id: `${id}-webhook`, url, sealedSecrets: [sealedSecret], events: null, stopped: null }],
      limits: unlimited,
      isDisabled: false
    })
    const { text, keyId, secretSha256 } = AppKeys.generate()
    yield* apps.addKey({ keyId, app: id, secretSha256, createdAtMillis: 0, revokedAtMillis: null })
    return text
  })

/** An event as it came to the apps' webhook. */
export interface Event {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const openHook = async (events: Array<Event>) => {
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      events.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, close }
}

/** What an order looks like at `/v1/orders`. */
export interface Shown {
  readonly payOrderNo: string
  readonly status: string
  readonly inDoubt: boolean
  readonly businessNo: string
  readonly transactionNo: string | null
  readonly amount: { readonly value: string; readonly currency: string }
}

/** Writes a configuration file into a folder. */
export const write = (folder: string, file: unknown): void =>
  writeFileSync(join(folder, "payment-proxy.config.yaml"), typeof file === "string" ? file : JSON.stringify(file))

/**
 * A gateway in this process that is all that `main` brings up: the embedded database in a temporary folder, real adapters, the
 * routes of this file. Two apps have keys, and one webhook. One file at a time is followed by all gateways of a process.
 */
export const open = async (file: object | string, options: Options = {}) => {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "payment-proxy-proxied-"))
  write(folder, file)
  Object.assign(process.env, {
    PAYMENT_PROXY_CONFIG: join(folder, "payment-proxy.config.yaml"),
    PAYMENT_PROXY_DATA: join(folder, "data"),
    PAYMENT_PROXY_DEVELOPMENT: "true"
  })
  const lines: Array<string> = []
  const events: Array<Event> = []
  const { clock, putOn } = movable()
  const hook = await openHook(events)
  const configuration = await Effect.runPromise(Process.configured)
  const runtime = ManagedRuntime.make(gateway(configuration, options, lines, clock))
  const run = runtime.runPromise
  const url = await run(HttpServer.addressFormattedWith(Effect.succeed))
  const keys = { shop: await run(appWithKey("shop", hook.url)), other: await run(appWithKey("other", hook.url)) }
  const bearer = `Bearer ${keys.shop}`
  const call = (method: string, path: string, init: Init = {}): Promise<Answer> =>
    ask(url, method, path, { ...init, headers: { authorization: bearer, ...init.headers } })
  const orders = async (businessNo: string): Promise<ReadonlyArray<Shown>> =>
    json<{ readonly items: ReadonlyArray<Shown> }>(await call("GET", `/v1/orders?businessNo=${businessNo}`)).items
  return {
    folder,
    url,
    keys,
    call,
    run,
    lines,
    events,
    putOn,
    orders,
    /** The only order with this number of the caller's. */
    order: async (businessNo: string): Promise<Shown> => {
      const [only, ...others] = await orders(businessNo)
      if (only === undefined || others.length > 0)
        throw new Error(`${businessNo} is ${others.length} orders more than one.`)
      return only
    },
    /** Writes another file, and looks at it. */
    reload: (next: unknown): Promise<void> => {
      write(folder, next)
      return run(Effect.flatMap(Current.Current, ({ look }) => look))
    },
    close: async () => {
      await runtime.dispose()
      hook.close()
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
    }
  }
}

export type World = Awaited<ReturnType<typeof open>>

let serial = 0

/** A create of the vendor's API under a number that nobody has used. */
export const create = (changes: object = {}) => {
  serial += 1
  const no = `SHOP-${process.pid}-${serial}`
  const asked = { merchant_payment_no: no, amount: 1234, currency: "CNY", subject: "Travel insurance", scene: "WEB" }
  return { no, text: JSON.stringify({ ...asked, ...changes }) }
}

/** How a create is sent. */
export const sent = (text: string | Uint8Array, headers: Init["headers"] = {}): Init => ({
  headers: { "content-type": "application/json", "idempotency-key": "a-key", ...headers },
  body: text
})
