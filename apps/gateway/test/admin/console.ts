import { createHash, randomBytes } from "node:crypto"
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http"
import type * as Sqlite from "@payment-proxy/adapter-sqlite"
import {
  Accounts,
  AppKeys,
  Attempts,
  Changes,
  Passwords,
  place,
  SecondPerson,
  secretContext
} from "@payment-proxy/application"
import { Apps, IdentityProvider, type OperatorRole, OperatorSessions, unlimited, Vault } from "@payment-proxy/ports"
import { FakeVault, FakeVendors, FakeWebhookSender, Memory } from "@payment-proxy/testkit"
import { Clock, Duration, Effect, Layer, Logger, LogLevel, ManagedRuntime, Redacted } from "effect"
import * as Admin from "../../src/admin/Admin.ts"
import * as Listener from "../../src/admin/Listener.ts"
import * as Streams from "../../src/admin/Streams.ts"
import * as Layers from "../../src/Layers.ts"
import type { Limits } from "../../src/Server.ts"

/** What of a console is not as usual. */
export interface Options {
  readonly url?: string
  readonly files?: string
  readonly provider?: IdentityProvider["Type"]
  readonly groups?: Readonly<Record<string, OperatorRole>>
  readonly streams?: Partial<Streams.Limits>
  readonly limits?: Partial<Limits>
  readonly secondPerson?: SecondPerson["Type"]
  /** Where all is kept; null: in memory. */
  readonly stores?: ReturnType<typeof Sqlite.layer> | null
}

const worldOf = ({
  url,
  files,
  provider = null,
  groups = {},
  streams = {},
  limits = {},
  secondPerson,
  stores = null
}: Options) => {
  const adapters = Layer.mergeAll(
    stores === null ? Memory.layer : Layer.orDie(stores),
    FakeVendors.layer({ names: ["platform"] }),
    FakeVault.layer,
    FakeWebhookSender.layer,
    Layers.announcer
  )
  const options = {
    host: "127.0.0.1",
    port: 0,
    url: url ?? null,
    trusted: () => [],
    groups: () => groups,
    files: files ?? "/nowhere"
  }
  const bounds = Layer.effect(
    Streams.Bounds,
    Effect.map(Streams.Bounds, (usual) => ({ ...usual, ...streams }))
  )
  return Listener.layer(options, { requestTimeout: 1500, headersTimeout: 1000, ...limits }).pipe(
    Layer.provideMerge(Admin.overview),
    Layer.provide(bounds),
    Layer.provide(Layer.succeed(IdentityProvider, provider)),
    Layer.provide(Layer.sync(Attempts.Attempts, Attempts.make)),
    Layer.provide(secondPerson === undefined ? Layer.empty : Layer.succeed(SecondPerson, secondPerson)),
    Layer.provideMerge(Layer.provideMerge(Changes.layer, adapters)),
    Layer.provide(Logger.minimumLogLevel(LogLevel.None))
  )
}

/** An answer of the listener. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: what an answer says is looked at by tests
  readonly body: any
}

/** What goes with a call. */
export interface Sent {
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

const jsonOf = (text: string, type = ""): unknown => (/json/.test(type) ? JSON.parse(text) : text)

/** Sends a request as it is written: no part of its path is put right on the way. */
export const raw = (base: string, method: string, path: string, { headers = {}, body }: Sent = {}): Promise<Answer> =>
  new Promise((done, fail) => {
    const { hostname, port } = new URL(base)
    const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body)
    const all = { ...(text === undefined ? {} : { "content-type": "application/json" }), ...headers }
    const asking = request({ hostname, port, method, path, headers: all, agent: false }, (answer) => {
      const chunks: Array<Buffer> = []
      answer.on("data", (chunk: Buffer) => chunks.push(chunk))
      answer.on("error", fail)
      answer.on("end", () => {
        const said = Buffer.concat(chunks).toString()
        const { statusCode: status = 0, headers: got } = answer
        done({ status, headers: got, text: said, body: jsonOf(said, got["content-type"]) })
      })
    })
    asking.on("error", fail)
    asking.end(text)
  })

/** Opens a stream, and answers what comes until it is left. */
export const following = (base: string, path: string, headers: Record<string, string>) =>
  new Promise<{ readonly answer: IncomingMessage; readonly text: () => string; readonly leave: () => void }>(
    (done, fail) => {
      const { hostname, port } = new URL(base)
      const asking = request({ hostname, port, path, headers, agent: false }, (answer) => {
        let text = ""
        answer.on("data", (chunk: Buffer) => {
          text += chunk.toString()
        })
        answer.on("error", () => undefined)
        done({ answer, text: () => text, leave: () => asking.destroy() })
      })
      asking.on("error", fail)
      asking.end()
    }
  )

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

/** A password of tests. */
export const password = "a throwaway password of tests"

/** The cookie that an answer sets, as a browser sends it back; null where it sets none of this name. */
export const cookieOf = ({ headers }: Answer, name: string): string | null => {
  const line = (headers["set-cookie"] ?? []).find((one) => one.startsWith(`${name}=`))
  return line === undefined ? null : (line.split(";")[0] ?? null)
}

/** A listener for operators, on memory, with an app, an order, and an operator of each role. */
export const open = async (options: Options = {}) => {
  const runtime = ManagedRuntime.make(worldOf(options))
  const run = runtime.runPromise
  const base = `http://127.0.0.1:${(await run(Listener.Listening))?.port}`
  const roles = ["viewer", "operator", "administrator"] as const
  const cheap = Passwords.make({ argon2: { memory: 64, passes: 1 }, scrypt: { ln: 4 } })
  await run(
    Effect.forEach(
      [...roles.map((role) => [`the ${role}`, role] as const), ["another operator", "operator"] as const],
      ([name, role]) =>
        Accounts.create(
          { name, role, password: Redacted.make(password) },
          { name: "tests", role: "administrator" }
        ).pipe(Effect.provideService(Passwords.Passwords, cheap))
    )
  )
  await run(anApp)
  const fake = await run(FakeVendors.FakeVendor)

  /** A session of an operator, without its sign-in. */
  const session = async (operator: string, ages: { readonly createdAgo?: number; readonly seenAgo?: number } = {}) => {
    const id = randomBytes(32).toString("base64url")
    const csrfToken = randomBytes(32).toString("base64url")
    const nowMillis = await run(Clock.currentTimeMillis)
    const createdAtMillis = nowMillis - (ages.createdAgo ?? 0)
    await run(
      Effect.flatMap(OperatorSessions, (sessions) =>
        sessions.add({
          idSha256: sha256(id),
          operator,
          csrfToken,
          createdAtMillis,
          seenAtMillis: nowMillis - (ages.seenAgo ?? 0),
          endsAtMillis: createdAtMillis + 28_800_000
        })
      )
    )
    return browser(`payment-proxy-operator=${id}`, csrfToken)
  }
  const browser = (cookie: string, csrfToken: string) => {
    const own = { cookie, origin: base, "x-csrf-token": csrfToken }
    return {
      cookie,
      csrfToken,
      call: (method: string, path: string, { headers = {}, ...sent }: Sent = {}) =>
        raw(base, method, path, { ...sent, headers: { ...own, ...headers } }),
      get: (path: string, headers: Record<string, string> = {}) =>
        raw(base, "GET", path, { headers: { cookie, ...headers } }),
      post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
        raw(base, "POST", path, { body, headers: { ...own, ...headers } }),
      follow: (path: string) => following(base, path, { cookie })
    }
  }
  /** Signs in as a page does. */
  const signIn = async (operator: string, typed = password, headers: Record<string, string> = {}) => {
    const answer = await raw(base, "POST", "/admin/session", {
      body: { operator, password: typed },
      headers: { origin: base, ...headers }
    })
    const cookie = cookieOf(answer, "payment-proxy-operator") ?? ""
    return { answer, ...browser(cookie, String(answer.body?.csrfToken)) }
  }
  return {
    base,
    run,
    fake,
    session,
    /** A further administrator, signed in. */
    administrator: async (name: string) => {
      await run(
        Accounts.create({ name, role: "administrator", password: null }, { name: "tests", role: "administrator" })
      )
      return session(name)
    },
    signIn,
    raw: (method: string, path: string, sent: Sent = {}) => raw(base, method, path, sent),
    order: (changes: Partial<Parameters<typeof placed>[0]> = {}) => run(placed(changes)),
    close: () => runtime.dispose()
  }
}

export type Console = Awaited<ReturnType<typeof open>>

const app = {
  id: "shop",
  name: "shop",
  endpoints: [],
  limits: unlimited,
  isDisabled: false
}

const anApp = Effect.gen(function* () {
  const sealed = yield* Effect.flatMap(Vault, (vault) =>
    vault.seal(secretContext("shop-webhook"), "whsec_c2VjcmV0IG9mIGEgdGVzdCwgMjQgYnl0ZXM=")
  )
  const endpoint = {
    id: "shop-webhook",
    url: "https://shop.example/webhooks",
    sealedSecrets: [sealed],
    events: null,
    stopped: null
  }
  const apps = yield* Apps
  yield* apps.put({ ...app, endpoints: [endpoint] })
  const { keyId, secretSha256 } = AppKeys.generate()
  yield* apps.addKey({ keyId, app: "shop", secretSha256, createdAtMillis: 0, revokedAtMillis: null })
})

let serial = 0

/** An order of the app, placed at the vendor. */
const placed = (changes: {
  readonly businessNo?: string
  readonly metadata?: Record<string, string>
  readonly description?: string
}) => {
  serial += 1
  const key = `order-${serial}`
  return place({
    app: { ...app, endpoints: [] },
    idempotencyKey: key,
    fingerprint: sha256(key),
    vendor: "platform",
    businessNo: changes.businessNo ?? null,
    amount: { amountMinor: 1234n, currency: "CNY" },
    method: "ALIPAY",
    source: "WEB",
    capture: "automatic",
    expiresIn: Duration.minutes(15),
    metadata: changes.metadata ?? {},
    details: { description: changes.description ?? "A cup", payer: {}, returnUrl: null }
  }).pipe(Effect.map(({ payment }) => payment))
}
