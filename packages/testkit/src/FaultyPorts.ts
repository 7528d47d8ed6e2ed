import {
  Apps,
  Deliveries,
  DueWork,
  Inbox,
  InDoubt,
  NotDelivered,
  Orders,
  Proposals,
  SharedTokens,
  StoreUnavailable,
  TokenUnavailable,
  Unreachable,
  Unsealable,
  Vault,
  Vendors,
  VendorTokens,
  WebhookSender
} from "@payment-proxy/ports"
import { Context, Duration, Effect, Layer } from "effect"
import { FakeVendor } from "./FakeVendors.ts"

/**
 * What goes wrong with one call. `failBefore`: nothing was done. `failAfter`: it was done, and is reported as failed.
 * `slow`: done late. `hang`: it was done, and nobody answers. `duplicate`: done twice, the second answer counts.
 */
export const faults = ["failBefore", "failAfter", "slow", "hang", "duplicate"] as const
export type Fault = (typeof faults)[number]

/** Decides what goes wrong, call by call. */
export class FaultPlan extends Context.Tag("@payment-proxy/testkit/FaultPlan")<
  FaultPlan,
  {
    /** The fault of this call (`Orders.commit`), or none; it may take its time to say so. */
    readonly next: (call: string) => Effect.Effect<Fault | null>
  }
>() {}

const late = Duration.seconds(7)

/** The vendor's adapters never hang for ever: they give up, in doubt, when a call's time is over. */
const vendorLimit = Duration.seconds(9)

type Plan = Context.Tag.Service<FaultPlan>
type Call = Effect.Effect<unknown, unknown>

interface Failures {
  readonly before: () => Call
  readonly after: () => Call
  readonly hang: () => Call
}

const same = (fail: () => Call): Failures => ({ before: fail, after: fail, hang: () => Effect.never })

const stricken = (plan: Plan, name: string, call: Call, failures: Failures): Call =>
  Effect.flatMap(plan.next(name), (fault) => {
    switch (fault) {
      case null:
        return call
      case "failBefore":
        return failures.before()
      case "failAfter":
        return Effect.zipRight(Effect.exit(call), failures.after())
      case "slow":
        return Effect.zipRight(Effect.sleep(late), call)
      case "hang":
        return Effect.exit(call).pipe(Effect.zipRight(failures.hang()), Effect.zipRight(failures.after()))
      case "duplicate":
        return Effect.zipRight(Effect.exit(call), call)
    }
  })

/** The same port, each of these calls as the plan says. */
const decorated = <I, S extends object>(
  tag: Context.Tag<I, S>,
  port: string,
  names: ReadonlyArray<keyof S & string>,
  failures: Failures
): Layer.Layer<I, never, I | FaultPlan> =>
  Layer.effect(
    tag,
    Effect.gen(function* () {
      const service = yield* tag
      const plan = yield* FaultPlan
      const methods = names.map((name) => {
        const method = service[name] as (...args: ReadonlyArray<unknown>) => Call
        return [
          name,
          (...args: ReadonlyArray<unknown>) => stricken(plan, `${port}.${name}`, method(...args), failures)
        ] as const
      })
      return { ...service, ...Object.fromEntries(methods) } as S
    })
  )

const unavailable = same(() => new StoreUnavailable({ cause: "as the plan wanted" }))
const detail = "as the plan wanted"

export const orders = decorated(
  Orders,
  "Orders",
  [
    "commit",
    "byNumber",
    "ofApp",
    "byKey",
    "byMerchantOrderNo",
    "byTransactionNo",
    "sealedRequest",
    "refund",
    "refundsOf",
    "refundByKey",
    "history",
    "search",
    "versions"
  ],
  unavailable
)
export const dueWork = decorated(
  DueWork,
  "DueWork",
  ["claim", "renew", "done", "postpone", "giveBack", "hasten"],
  unavailable
)
export const deliveries = decorated(
  Deliveries,
  "Deliveries",
  ["byId", "ofOrder", "ofEvent", "search", "giveUp", "resend", "address", "hasten", "giveUpAged"],
  unavailable
)
export const inbox = decorated(Inbox, "Inbox", ["keep", "byId"], unavailable)
export const proposals = decorated(
  Proposals,
  "Proposals",
  ["add", "byId", "ofSubject", "search", "move", "done", "held"],
  unavailable
)
export const sharedTokens = decorated(
  SharedTokens,
  "SharedTokens",
  ["read", "lease", "put", "release", "discard"],
  unavailable
)
export const apps = decorated(
  Apps,
  "Apps",
  ["put", "edit", "byId", "addKey", "keyById", "keysOf", "revokeKey"],
  unavailable
)
export const vendors = decorated(
  Vendors,
  "Vendors",
  ["create", "query", "close", "capture", "complete", "refund", "queryRefund"],
  {
    before: () => new Unreachable({ detail }),
    after: () => new InDoubt({ detail }),
    hang: () => Effect.sleep(vendorLimit)
  }
)
/** The platform's own API, as calls of it pass through. */
export const platform = decorated(FakeVendor, "Platform", ["pass"], {
  before: () => new Unreachable({ detail }),
  after: () => new InDoubt({ detail }),
  hang: () => Effect.sleep(vendorLimit)
})
export const vendorTokens = decorated(
  VendorTokens,
  "VendorTokens",
  ["get"],
  same(() => new TokenUnavailable({ vendor: "platform", detail }))
)
export const webhookSender = decorated(WebhookSender, "WebhookSender", ["send"], {
  ...same(() => new NotDelivered({ reason: detail, status: null, retryAfterMillis: null, gone: false })),
  hang: () => Effect.sleep(Duration.seconds(10))
})
export const vault = decorated(
  Vault,
  "Vault",
  ["open"],
  same(() => new Unsealable({ context: detail }))
)

/** Every port of the application that can go wrong, going wrong as the plan says. */
export const layer = Layer.mergeAll(orders, dueWork, deliveries, inbox, apps, vendors, webhookSender, vault)
