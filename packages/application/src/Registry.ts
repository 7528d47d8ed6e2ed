import { randomBytes } from "node:crypto"
import type { App, AppLimits, Endpoint, StoreUnavailable } from "@payment-proxy/ports"
import { Apps, unlimited, Vault } from "@payment-proxy/ports"
import { Clock, Data, Effect, Option, Redacted } from "effect"
import { secretContext } from "./Deliver.ts"

/** No such app. */
export class AppNotFound extends Data.TaggedError("AppNotFound")<{ readonly app: string }> {}

/** There is an app of this id. */
export class AppTaken extends Data.TaggedError("AppTaken")<{ readonly app: string }> {}

/** The app has no such endpoint. */
export class EndpointNotFound extends Data.TaggedError("EndpointNotFound")<{
  readonly app: string
  readonly endpoint: string
}> {}

/** The app has no further endpoint, or the endpoint no further secret; `detail` says what to do. */
export class Limited extends Data.TaggedError("Limited")<{ readonly detail: string }> {}

/** What of an app or an endpoint is not as it must be. */
export class Malformed extends Data.TaggedError("Malformed")<{ readonly what: string; readonly detail: string }> {}

/** An endpoint as it was added, with its secret, which is shown once. */
export interface Added {
  readonly endpoint: Endpoint
  /** `whsec_…` */
  readonly secret: Redacted.Redacted
}

const maxEndpoints = 8
const maxEvents = 32
const appId = /^[a-z0-9][a-z0-9-]{0,55}$/
const appName = /^[^\p{Cc}\p{Cs}]{1,256}$/u
const eventType = /^(?:(?:order|refund)\.(?:[a-z_]{1,32}|\*)|\*)$/
const secretForm = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/

const malformed = (what: string, detail: string) => new Malformed({ what, detail })

const changed = (id: string, change: (app: App) => App): Effect.Effect<App, StoreUnavailable | AppNotFound, Apps> =>
  Effect.flatMap(Apps, (apps) =>
    Effect.flatMap(
      apps.edit(id, change),
      Option.match({ onNone: () => new AppNotFound({ app: id }), onSome: Effect.succeed })
    )
  )

/** An app as it is. */
export const show = (id: string): Effect.Effect<App, StoreUnavailable | AppNotFound, Apps> =>
  Effect.flatMap(Apps, (apps) =>
    Effect.flatMap(apps.byId(id), Option.match({ onNone: () => new AppNotFound({ app: id }), onSome: Effect.succeed }))
  )

/** All apps, by id. */
export const list = Effect.flatMap(Apps, (apps) => apps.list)

/** A new app without keys and endpoints. */
export const create = (id: string, name: string) =>
  Effect.gen(function* () {
    if (!appId.test(id))
      return yield* malformed("id", "An app's id is 1 to 56 of a-z, 0-9 and -, and begins with neither.")
    if (!appName.test(name))
      return yield* malformed("name", "A name is 1 to 256 characters, none of them a control or half of one.")
    const apps = yield* Apps
    if (Option.isSome(yield* apps.byId(id))) return yield* new AppTaken({ app: id })
    const app: App = { id, name, endpoints: [], limits: unlimited, isDisabled: false }
    yield* apps.put(app)
    return app
  })

/** Whether an app's keys open and it is told. */
export const setDisabled = (id: string, isDisabled: boolean) => changed(id, (app) => ({ ...app, isDisabled }))

const rates = ["createsPerSecond", "readsPerSecond", "streams"] as const
const mostOf = { createsPerSecond: 100_000, readsPerSecond: 100_000, streams: 5000 } as const

/** What of an app's limits is not as it must be. */
export const checkLimits = (limits: AppLimits): Effect.Effect<void, Malformed> => {
  const wrong = rates.find((rate) => {
    const most = limits[rate]
    return most !== null && (!Number.isInteger(most) || most < 1 || most > mostOf[rate])
  })
  return wrong === undefined
    ? Effect.void
    : malformed(wrong, `Give a whole number from 1 to ${mostOf[wrong]}, or none for as much as there is.`)
}

/** What the app may do in a second from now on; gateways that know it by its former limits go by them for 10 s more at most. */
export const setLimits = (id: string, limits: AppLimits) =>
  Effect.zipRight(
    checkLimits(limits),
    changed(id, (app) => ({ ...app, limits }))
  )

const newSecret = (): Redacted.Redacted => Redacted.make(`whsec_${randomBytes(32).toString("base64")}`)

const sealed = (endpoint: string, secret: Redacted.Redacted) =>
  Effect.flatMap(Vault, (vault) => vault.seal(secretContext(endpoint), Redacted.value(secret)))

/** An id that no endpoint had before: what still waits for one that was removed goes to no other. */
const newId = (app: string): string => `${app}-${randomBytes(3).toString("hex")}`

/** What of a wanted endpoint is not as it must be. */
export const checkEndpoint = ({ url, events }: Pick<Endpoint, "url" | "events">): Effect.Effect<void, Malformed> => {
  if (!/^https?:\/\/[^\s]+$/.test(url) || url.length > 2048)
    return malformed("url", "An endpoint is an http or https address of at most 2048 characters.")
  const wrong = (events ?? []).find((type) => !eventType.test(type))
  return wrong !== undefined || (events !== null && (events.length === 0 || events.length > maxEvents))
    ? malformed("events", "Name types of events like order.succeeded, order.* or refund.*, or none for all.")
    : Effect.void
}

/**
 * A further endpoint of an app: where it wants to be told, of which types of events (null: all). Its secret is made unless one
 * is given. What the endpoint's address is worth is judged where deliveries are sent.
 */
export const addEndpoint = (
  app: string,
  wanted: {
    readonly url: string
    readonly events: ReadonlyArray<string> | null
    readonly secret: Redacted.Redacted | null
  }
) =>
  Effect.gen(function* () {
    const { url, events } = wanted
    yield* checkEndpoint(wanted)
    const secret = wanted.secret ?? newSecret()
    if (!secretForm.test(Redacted.value(secret)))
      return yield* malformed("secret", "A webhook's secret is whsec_ and 24 to 64 random bytes in base64.")
    const before = yield* show(app)
    if (before.endpoints.length >= maxEndpoints)
      return yield* new Limited({ detail: `An app has at most ${maxEndpoints} endpoints: remove one first.` })
    const id = newId(app)
    const endpoint: Endpoint = { id, url, sealedSecrets: [yield* sealed(id, secret)], events, stopped: null }
    const after = yield* changed(app, (now) =>
      now.endpoints.some((other) => other.id === id) || now.endpoints.length >= maxEndpoints
        ? now
        : { ...now, endpoints: [...now.endpoints, endpoint] }
    )
    if (!after.endpoints.some((other) => other.id === id && other.url === url))
      return yield* new Limited({ detail: "Another endpoint was added at the same time: try again." })
    return { endpoint, secret } satisfies Added
  })

const changedEndpoint = (app: string, endpoint: string, change: (endpoint: Endpoint) => Endpoint | null) =>
  Effect.gen(function* () {
    const before = yield* show(app)
    if (!before.endpoints.some(({ id }) => id === endpoint)) return yield* new EndpointNotFound({ app, endpoint })
    return yield* changed(app, (now) => ({
      ...now,
      endpoints: now.endpoints.flatMap((one) => (one.id === endpoint ? (change(one) ?? []) : one))
    }))
  })

/** Takes an endpoint away: what waits for it ends. */
export const removeEndpoint = (app: string, endpoint: string) => changedEndpoint(app, endpoint, () => null)

/** Nothing more is sent to the endpoint, for this reason. */
export const stopEndpoint = (app: string, endpoint: string, reason: string) =>
  Effect.flatMap(Clock.currentTimeMillis, (sinceMillis) =>
    changedEndpoint(app, endpoint, (one) => ({ ...one, stopped: one.stopped ?? { reason, sinceMillis } }))
  )

/** The endpoint is told again, of what happens from now on. */
export const startEndpoint = (app: string, endpoint: string) =>
  changedEndpoint(app, endpoint, (one) => ({ ...one, stopped: null }))

/** A second secret, which signs beside the first until that is retired; it is shown once. */
export const rotateSecret = (app: string, endpoint: string, given: Redacted.Redacted | null = null) =>
  Effect.gen(function* () {
    const secret = given ?? newSecret()
    if (!secretForm.test(Redacted.value(secret)))
      return yield* malformed("secret", "A webhook's secret is whsec_ and 24 to 64 random bytes in base64.")
    const another = yield* sealed(endpoint, secret)
    const after = yield* changedEndpoint(app, endpoint, (one) =>
      one.sealedSecrets.length > 1 ? one : { ...one, sealedSecrets: [another, ...one.sealedSecrets] }
    )
    if (after.endpoints.find(({ id }) => id === endpoint)?.sealedSecrets[0] !== another)
      return yield* new Limited({ detail: "The endpoint has two secrets already: retire the older one first." })
    return secret
  })

/** Only the newest secret of the endpoint signs from now on. */
export const retireSecret = (app: string, endpoint: string) =>
  changedEndpoint(app, endpoint, (one) => ({ ...one, sealedSecrets: one.sealedSecrets.slice(0, 1) }))
