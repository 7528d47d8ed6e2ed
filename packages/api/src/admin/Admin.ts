import { HttpApi, OpenApi } from "@effect/platform"
import { apps } from "./Apps.ts"
import { operators } from "./Operators.ts"
import { orders } from "./Orders.ts"
import { overview } from "./Overview.ts"
import { proposals } from "./Proposals.ts"
import { reconciliation } from "./Reconciliation.ts"
import { sessions } from "./Sessions.ts"
import { vendors } from "./Vendors.ts"

/** What the console is made on: for operators, on a listener of its own. */
export class Api extends HttpApi.make("payment-proxy-admin")
  .add(sessions)
  .add(overview)
  .add(orders)
  .add(proposals)
  .add(apps)
  .add(vendors)
  .add(reconciliation)
  .add(operators)
  .annotateContext(
    OpenApi.annotations({
      title: "Payment Proxy for operators",
      version: "1",
      description:
        "Behind a session's cookie, and with `x-csrf-token` on all that changes something; `x-role` says who may make a call. Errors are RFC 9457 problems with a stable `code`."
    })
  ) {}

export * as Apps from "./Apps.ts"
export * as Call from "./Call.ts"
export * as Operators from "./Operators.ts"
export * as Orders from "./Orders.ts"
export * as Overview from "./Overview.ts"
export * as Proposals from "./Proposals.ts"
export * as Reconciliation from "./Reconciliation.ts"
export * as Role from "./Role.ts"
export * as Sessions from "./Sessions.ts"
export * as Vendors from "./Vendors.ts"
