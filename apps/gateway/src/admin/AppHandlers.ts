import { HttpApiBuilder } from "@effect/platform"
import { Admin, Order } from "@payment-proxy/api"
import { AppKeys, Operators, Overview, Registry } from "@payment-proxy/application"
import {
  type App,
  type AppChange,
  type AppKey,
  Apps,
  type Behind,
  type Endpoint,
  Insight,
  Proposals
} from "@payment-proxy/ports"
import { Clock, Effect, Redacted } from "effect"
import { answering } from "../Problems.ts"
import { failure } from "./Failure.ts"
import * as Proposed from "./Proposed.ts"
import { acting, body, recorded, recordedAs } from "./Recorded.ts"

type Shown = typeof Admin.Apps.AdminApp.Type

/** So many endpoints that are behind are looked at. */
const mostBehind = 1000

const endpoint = (one: Endpoint, behind: Behind | undefined) => ({
  id: one.id,
  url: one.url,
  events: one.events,
  secrets: one.sealedSecrets.length,
  stopped: one.stopped === null ? null : { reason: one.stopped.reason, since: Order.timeOf(one.stopped.sinceMillis) },
  waiting: behind?.waiting ?? 0,
  oldestSeconds: Math.floor((behind?.oldestMillis ?? 0) / 1000),
  nextAt: behind === undefined ? null : Order.timeOf(behind.nextAtMillis),
  lastFailure: failure(Overview.shortened(behind?.lastFailure ?? null))
})

const key = (one: AppKey, nowMillis: number) => ({
  keyId: one.keyId,
  createdAt: Order.timeOf(one.createdAtMillis),
  endsAt: one.revokedAtMillis === null ? null : Order.timeOf(one.revokedAtMillis),
  isActive: AppKeys.isActive(one, nowMillis)
})

/** An app with its keys' ids, and what waits for it and about it. */
const shown = Effect.fnUntraced(function* (app: App, behind: ReadonlyArray<Behind>) {
  const nowMillis = yield* Clock.currentTimeMillis
  const by = yield* acting
  const keys = yield* Effect.flatMap(Apps, (apps) => apps.keysOf(app.id))
  const proposals = yield* Effect.flatMap(Proposals, (store) => store.ofSubject(app.id))
  const isCurrent = proposals.filter((one) => one.state === "open" || Operators.isToTake(one, by.name))
  return {
    id: app.id,
    name: app.name,
    isDisabled: app.isDisabled,
    limits: app.limits,
    keys: keys.map((one) => key(one, nowMillis)),
    endpoints: app.endpoints.map((one) =>
      endpoint(
        one,
        behind.find((other) => other.app === app.id && other.endpoint === one.id)
      )
    ),
    proposals: yield* Effect.forEach(isCurrent, (one) => Proposed.shown(one, by))
  } satisfies Shown
})

/** What a change is on record as, whether it is made here or by a command. */
const actions: { readonly [T in AppChange["type"]]: string } = {
  addKey: "key.add",
  rotateKey: "key.rotate",
  revokeKey: "key.revoke",
  addEndpoint: "endpoint.add",
  removeEndpoint: "endpoint.remove",
  rotateSecret: "secret.rotate",
  endOldSecret: "secret.end",
  startEndpoint: "endpoint.start",
  stopEndpoint: "endpoint.stop",
  disable: "app.disable",
  enable: "app.enable",
  setLimits: "app.limits"
}

const behindNow = Effect.flatMap(Insight, (insight) => insight.behind(mostBehind))

const listed = Effect.gen(function* () {
  const behind = yield* behindNow
  return yield* Effect.flatMap(Registry.list, (apps) => Effect.forEach(apps, (app) => shown(app, behind)))
})

const created = Effect.gen(function* () {
  const { id, name, reason } = yield* body(Admin.Apps.NewApp)
  const by = yield* acting
  const app = yield* recorded({ action: "app.create", subject: id, reason })(Operators.createApp(id, name, by))
  return yield* shown(app, [])
})

const changed = Effect.fnUntraced(function* (id: string) {
  const { reason, ...change } = yield* body(Admin.Apps.AppChange)
  const by = yield* acting
  const outcome = yield* Operators.changeApp(id, change, reason, by).pipe(
    recordedAs({ action: actions[change.type], subject: id, reason }, Operators.outcomeOf)
  )
  if (outcome.type === "proposed")
    return { app: null, shown: null, proposal: yield* Proposed.shown(outcome.proposal, by) }
  const secret = outcome.shown === null ? null : { id: outcome.shown.id, secret: Redacted.value(outcome.shown.secret) }
  return { app: yield* shown(outcome.app, yield* behindNow), shown: secret, proposal: null }
})

/** The handlers of business systems. */
export const layer = HttpApiBuilder.group(Admin.Api, "apps", (handlers) =>
  handlers
    .handle("list", () => answering(listed))
    .handleRaw("create", () => answering(created))
    .handleRaw("change", ({ path }) => answering(changed(path.app)))
)
