import { type App, type AppChange, Apps, type Proposal, Proposals } from "@payment-proxy/ports"
import { Clock, Data, Duration, Effect, type Redacted } from "effect"
import * as AppKeys from "./AppKeys.ts"
import * as Operator from "./Operator.ts"
import * as Proposing from "./Proposing.ts"
import * as Registry from "./Registry.ts"
import { SecondPerson } from "./SecondPerson.ts"

/** A key or secret that is shown once. */
export interface Shown {
  /** The key's id or the endpoint's. */
  readonly id: string
  readonly secret: Redacted.Redacted
}

/** A change that was made, or the proposal that waits for a second person. */
export type Outcome =
  | { readonly type: "done"; readonly app: App; readonly shown: Shown | null }
  | { readonly type: "proposed"; readonly proposal: Proposal }

/** Who proposed it takes it, and nobody else. */
export class NotYours extends Data.TaggedError("NotYours")<{ readonly id: string; readonly proposedBy: string }> {}

const takingAway: ReadonlySet<AppChange["type"]> = new Set([
  "revokeKey",
  "removeEndpoint",
  "stopEndpoint",
  "endOldSecret",
  "disable"
])

const withSecret: ReadonlySet<AppChange["type"]> = new Set(["addKey", "rotateKey", "addEndpoint", "rotateSecret"])

/** Whether a change makes a secret, which is shown to one person, once. */
export const makesSecret = ({ type }: AppChange): boolean => withSecret.has(type)

const maxOverlapHours = 720

/** What of a change can be seen to be wrong before it is made. */
const check = Effect.fnUntraced(function* (app: string, change: AppChange) {
  const { endpoints } = yield* Registry.show(app)
  if ("endpoint" in change && !endpoints.some(({ id }) => id === change.endpoint))
    return yield* new Registry.EndpointNotFound({ app, endpoint: change.endpoint })
  switch (change.type) {
    case "addEndpoint":
      return yield* Registry.checkEndpoint(change)
    case "setLimits":
      return yield* Registry.checkLimits(change.limits)
    case "rotateKey":
      return change.overlapHours >= 0 && change.overlapHours <= maxOverlapHours
        ? undefined
        : yield* new Registry.Malformed({ what: "overlapHours", detail: `Give 0 to ${maxOverlapHours} hours.` })
    case "revokeKey": {
      const keys = yield* Effect.flatMap(Apps, ({ keysOf }) => keysOf(app))
      return keys.some(({ keyId }) => keyId === change.keyId)
        ? undefined
        : yield* new AppKeys.KeyNotFound({ keyId: change.keyId })
    }
  }
})

const shownKey = ({ keyId, text }: AppKeys.NewKey): Shown => ({ id: keyId, secret: text })

/** What gives an app a secret: that one, to be shown. */
const secretMade = Effect.fnUntraced(function* (app: string, change: AppChange) {
  switch (change.type) {
    case "addKey":
      return shownKey(yield* AppKeys.create(app))
    case "rotateKey":
      return shownKey(yield* AppKeys.rotate(app, Duration.hours(change.overlapHours)))
    case "addEndpoint": {
      const { url, events } = change
      const { endpoint, secret } = yield* Registry.addEndpoint(app, { url, events, secret: null })
      return { id: endpoint.id, secret } satisfies Shown as Shown
    }
    case "rotateSecret":
      return {
        id: change.endpoint,
        secret: yield* Registry.rotateSecret(app, change.endpoint)
      } satisfies Shown as Shown
    default:
      return null
  }
})

/** Makes the change; what is secret of it, where something is. */
const made = Effect.fnUntraced(function* (app: string, change: AppChange, reason: string) {
  switch (change.type) {
    case "revokeKey":
      yield* AppKeys.revoke(change.keyId)
      break
    case "removeEndpoint":
      yield* Registry.removeEndpoint(app, change.endpoint)
      break
    case "endOldSecret":
      yield* Registry.retireSecret(app, change.endpoint)
      break
    case "startEndpoint":
      yield* Registry.startEndpoint(app, change.endpoint)
      break
    case "stopEndpoint":
      yield* Registry.stopEndpoint(app, change.endpoint, reason)
      break
    case "disable":
    case "enable":
      yield* Registry.setDisabled(app, change.type === "disable")
      break
    case "setLimits":
      yield* Registry.setLimits(app, change.limits)
      break
    default:
      return yield* secretMade(app, change)
  }
  return null
})

/** Makes an app as an administrator, without keys and endpoints: it can do nothing yet. */
export const createApp = Effect.fnUntraced(function* (id: string, name: string, by: Operator.Acting) {
  yield* Operator.allowed(by, "administrator")
  return yield* Registry.create(id, name)
})

/**
 * Changes an app as an administrator: at once, or, where two persons are asked for, as a proposal. What only takes away is done at
 * once. What would be refused now is refused.
 */
export const changeApp = Effect.fnUntraced(function* (
  app: string,
  change: AppChange,
  given: string,
  by: Operator.Acting
) {
  const proposedBy = yield* Operator.allowed(by, "administrator")
  const reason = yield* Operator.note(given)
  yield* check(app, change)
  const { apps } = yield* SecondPerson
  if (apps && !takingAway.has(change.type)) {
    const action = { type: "app", change } as const
    const proposal = yield* Proposing.add({ subject: app, version: 0, action, note: reason, proposedBy })
    return { type: "proposed", proposal } satisfies Outcome as Outcome
  }
  const shown = yield* made(app, change, reason)
  return { type: "done", app: yield* Registry.show(app), shown } satisfies Outcome as Outcome
})

/** Makes a change that two persons stand for; one that makes a secret waits for who proposed it. */
export const carriedOut = Effect.fnUntraced(function* ({ subject, note }: Proposal, change: AppChange) {
  yield* check(subject, change)
  if (!makesSecret(change)) yield* made(subject, change, note)
  return yield* Registry.show(subject)
})

/** Whether an approved proposal has something left to show to who proposed it. */
export const isToTake = ({ action, state, doneAtMillis, proposedBy }: Proposal, name: string): boolean =>
  action.type === "app" &&
  makesSecret(action.change) &&
  state === "approved" &&
  doneAtMillis === null &&
  Operator.isSame(proposedBy, name)

/** Makes the key or secret that one proposed and another approved, within 24 hours: shown once, to who proposed it. */
export const take = Effect.fnUntraced(function* (id: string, by: Operator.Acting) {
  const name = yield* Operator.allowed(by, "administrator")
  const proposals = yield* Proposals
  const proposal = yield* Proposing.found(id)
  const { subject, action, state, proposedBy, decidedAtMillis, doneAtMillis, note } = proposal
  if (action.type !== "app" || !makesSecret(action.change) || state !== "approved")
    return yield* new Proposing.ProposalEnded({ id, detail: "There is nothing to take: it is not approved." })
  if (!Operator.isSame(proposedBy, name)) return yield* new NotYours({ id, proposedBy })
  const nowMillis = yield* Clock.currentTimeMillis
  if (nowMillis - (decidedAtMillis ?? 0) >= Proposing.lifeMillis)
    return yield* new Proposing.ProposalEnded({ id, detail: "It was approved more than 24 hours ago." })
  if (doneAtMillis !== null || !(yield* proposals.done(id, nowMillis)))
    return yield* new Proposing.ProposalEnded({ id, detail: "It was taken already." })
  const shown = yield* made(subject, action.change, note).pipe(
    Effect.tapError(() => Effect.ignore(proposals.done(id, null)))
  )
  yield* Proposing.logged("taken", proposal, name)
  return shown ?? (yield* Effect.dieMessage("A change that makes a secret made none."))
}, Effect.uninterruptible)
