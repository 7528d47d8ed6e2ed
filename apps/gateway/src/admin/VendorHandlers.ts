import { HttpApiBuilder } from "@effect/platform"
import { Admin } from "@payment-proxy/api"
import { Overview, type Tried, tryVendor } from "@payment-proxy/application"
import { Effect } from "effect"
import { answering } from "../Problems.ts"
import { body, recordedAs } from "./Recorded.ts"

type Shown = typeof Admin.Vendors.AdminVendor.Type

const listed = Effect.gen(function* () {
  const { vendors } = yield* Overview.Overview
  return (yield* vendors).map(
    (one): Shown => ({ ...one, can: [...one.can], lastAnswerAt: null, circuit: "closed", token: null })
  )
})

const tried = Effect.fnUntraced(function* (vendor: string) {
  const { reason } = yield* body(Admin.Orders.Because)
  return yield* tryVendor(vendor).pipe(
    recordedAs({ action: "vendor.test", subject: vendor, reason }, ({ isReached }: Tried) =>
      isReached ? "done" : "UNREACHED"
    )
  )
})

/** The handlers of the platforms behind the proxy. */
export const layer = HttpApiBuilder.group(Admin.Api, "vendors", (handlers) =>
  handlers.handle("list", () => answering(listed)).handleRaw("test", ({ path }) => answering(tried(path.vendor)))
)
