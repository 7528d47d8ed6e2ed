import type { Answer } from "../../src/Admin.ts"
import { fault, type Handlers } from "./Fake.ts"
import { proposalsOf, propose } from "./proposals.ts"
import { scenario } from "./scenario.ts"
import { ago } from "./who.ts"

type App = Omit<Answer<"apps.list">[number], "proposals">
type Endpoint = App["endpoints"][number]

const unlimited = { createsPerSecond: null, readsPerSecond: null, streams: null }
const day = 86_400
const noneWaits = { waiting: 0, oldestSeconds: 0, nextAt: null, lastFailure: null }

let kept: ReadonlyArray<App> = [
  {
    id: "shop",
    name: "The shop",
    isDisabled: false,
    limits: { createsPerSecond: 120, readsPerSecond: 600, streams: 20 },
    keys: [
      { keyId: "k_01K9A7T1M3", createdAt: ago(90 * day), endsAt: ago(-5 * 3600), isActive: true },
      { keyId: "k_01K9ZG88QD", createdAt: ago(19 * 3600), endsAt: null, isActive: true },
      { keyId: "k_01K7B2D6ZE", createdAt: ago(300 * day), endsAt: ago(90 * day), isActive: false },
      { keyId: "k_01K5C4WN7R", createdAt: ago(420 * day), endsAt: ago(300 * day), isActive: false }
    ],
    endpoints: [
      {
        id: "shop-3f9a1c",
        url: "https://shop.example/hooks/payments",
        events: null,
        secrets: 2,
        stopped: null,
        waiting: 1804,
        oldestSeconds: 184,
        nextAt: ago(-42),
        lastFailure: {
          at: ago(21),
          status: 403,
          said: "HTTP 403: the endpoint did not take it. <html><head><title>403 Forbidden</title></head><body bgcolor=white>"
        }
      },
      {
        id: "shop-77d0e2",
        url: "https://warehouse.shop.example/internal/receivers/payment-proxy/v1/events?region=eu-central&lane=priority",
        events: ["order.succeeded", "refund.*"],
        secrets: 1,
        stopped: null,
        ...noneWaits
      }
    ]
  },
  {
    id: "insurance-mall",
    name: "保险商城（华东）",
    isDisabled: false,
    limits: unlimited,
    keys: [{ keyId: "k_01K9B2D6ZE", createdAt: ago(40 * day), endsAt: null, isActive: true }],
    endpoints: [
      {
        id: "insurance-mall-90bb41",
        url: "https://notify.insurance.example.cn/pay",
        events: ["order.*"],
        secrets: 1,
        stopped: { reason: "410 Gone: the endpoint says that it wants nothing any more", since: ago(7260) },
        waiting: 89,
        oldestSeconds: 7260,
        nextAt: ago(60),
        lastFailure: null
      }
    ]
  },
  {
    id: "ticketing",
    name: "Ticketing for the whole of the Asia-Pacific region and its islands 🎫",
    isDisabled: false,
    limits: { createsPerSecond: 5, readsPerSecond: null, streams: null },
    keys: [{ keyId: "k_01K9V2H1Q8", createdAt: ago(12 * day), endsAt: null, isActive: true }],
    endpoints: []
  },
  {
    id: "old-shop",
    name: "<script>alert('app')</script>",
    isDisabled: true,
    limits: unlimited,
    keys: [{ keyId: "k_01K1J700C4", createdAt: ago(700 * day), endsAt: ago(200 * day), isActive: false }],
    endpoints: []
  },
  { id: "new-app", name: "תשלומים חדשים", isDisabled: false, limits: unlimited, keys: [], endpoints: [] }
]

let serial = 0
const shown = (app: App) => ({ ...app, proposals: proposalsOf(app.id) })
const edit = (id: string, change: (app: App) => App): void => {
  kept = kept.map((app) => (app.id === id ? change(app) : app))
}
const editEndpoint = (app: string, id: string, change: (endpoint: Endpoint) => Endpoint | null): void =>
  edit(app, (one) => ({
    ...one,
    endpoints: one.endpoints.flatMap((endpoint) => (endpoint.id === id ? (change(endpoint) ?? []) : endpoint))
  }))

const key = (app: string, overlapHours: number | null) => {
  serial += 1
  const keyId = `k_01K9ZS${String(serial).padStart(4, "0")}`
  edit(app, (one) => ({
    ...one,
    keys: [
      ...one.keys.map((other) =>
        overlapHours === null || !other.isActive
          ? other
          : { ...other, endsAt: ago(-overlapHours * 3600), isActive: overlapHours > 0 }
      ),
      { keyId, createdAt: ago(0), endsAt: null, isActive: true }
    ]
  }))
  return { id: keyId, secret: `ppk_sample_key_of_no_use_${"4f8a2c0e9b7d6a51".repeat(3)}` }
}

const apply = (
  app: string,
  change: Parameters<NonNullable<Handlers["apps.change"]>>[0]["body"]
): { readonly id: string; readonly secret: string } | null => {
  switch (change.type) {
    case "addKey":
      return key(app, null)
    case "rotateKey":
      return key(app, change.overlapHours)
    case "revokeKey":
      edit(app, (one) => ({
        ...one,
        keys: one.keys.map((other) =>
          other.keyId === change.keyId ? { ...other, isActive: false, endsAt: ago(0) } : other
        )
      }))
      return null
    case "addEndpoint": {
      serial += 1
      const id = `${app}-${(0xabc000 + serial).toString(16)}`
      const { url, events } = change
      edit(app, (one) => ({
        ...one,
        endpoints: [...one.endpoints, { id, url, events, secrets: 1, stopped: null, ...noneWaits }]
      }))
      return { id, secret: "whsec_U2FtcGxlIHNlY3JldCBvZiBubyB1c2UgZm9yIGFueWJvZHk=" }
    }
    case "removeEndpoint":
      editEndpoint(app, change.endpoint, () => null)
      return null
    case "rotateSecret":
      editEndpoint(app, change.endpoint, (one) => ({ ...one, secrets: 2 }))
      return { id: change.endpoint, secret: "whsec_QW5vdGhlciBzYW1wbGUgc2VjcmV0IG9mIG5vIHVzZSBhdCBhbGw=" }
    case "endOldSecret":
      editEndpoint(app, change.endpoint, (one) => ({ ...one, secrets: 1 }))
      return null
    case "startEndpoint":
      editEndpoint(app, change.endpoint, (one) => ({ ...one, stopped: null }))
      return null
    case "stopEndpoint":
      editEndpoint(app, change.endpoint, (one) => ({ ...one, stopped: { reason: change.reason, since: ago(0) } }))
      return null
    case "disable":
    case "enable":
      edit(app, (one) => ({ ...one, isDisabled: change.type === "disable" }))
      return null
    case "setLimits":
      edit(app, (one) => ({ ...one, limits: change.limits }))
      return null
  }
}

/** In the samples, changes of this app that give something take two persons. */
const guarded = "insurance-mall"
const giving = new Set(["addKey", "rotateKey", "addEndpoint", "rotateSecret", "setLimits", "startEndpoint", "enable"])

/** Business systems. */
export const apps: Handlers = {
  "apps.list": () => (scenario().of === "empty" ? [] : kept.map(shown)),
  "apps.create": ({ body: { id, name } }) => {
    if (kept.some((app) => app.id === id)) return fault("APP_TAKEN", `There is an app ${id} already: take another id.`)
    const app: App = { id, name, isDisabled: false, limits: unlimited, keys: [], endpoints: [] }
    kept = [...kept, app]
    return shown(app)
  },
  "apps.change": ({ path, body }) => {
    const app = kept.find((one) => one.id === path.app)
    if (app === undefined) return fault("APP_NOT_FOUND", "There is no such app.")
    if (path.app === guarded && giving.has(body.type)) {
      const { reason, ...change } = body
      const details = Object.entries(change).map(([name, value]) => [
        name,
        value === null || typeof value === "string" ? value : JSON.stringify(value)
      ])
      const summary = `${body.type} of ${path.app}.`
      const proposal = propose({
        kind: "app",
        subject: path.app,
        summary,
        details: Object.fromEntries(details) as Readonly<Record<string, string | null>>,
        note: reason
      })
      return { app: null, shown: null, proposal }
    }
    const made = apply(path.app, body)
    const after = kept.find((one) => one.id === path.app)
    return {
      app: after === undefined ? null : shown(after),
      shown: made,
      proposal: null
    }
  }
}
