import { createHash } from "node:crypto"
import { type Configuration, Current, Generations, Process, Routes } from "@payment-proxy/configuration"
import { Mappings, VendorTokens } from "@payment-proxy/ports"
import { type Filter, Filters } from "@payment-proxy/proxy"
import { Context, Effect, Layer } from "effect"
import * as Gate from "./Gate.ts"
import * as OAuth from "./OAuth.ts"
import * as PaymentOrder from "./PaymentOrder.ts"
import { Proxied } from "./Proxied.ts"

type Needs = VendorTokens | Mappings | PaymentOrder.Needs

/** The filters that come with us, by their names in the file. */
const kinds: Routes.Kinds<Needs> = new Map<string, Filter.AnyKind<Needs>>([
  ...Filters.all,
  [OAuth.kind.name, OAuth.kind],
  [PaymentOrder.kind.name, PaymentOrder.kind]
])

/** The same for all gateways of a deployment, and for no other. */
const pseudonymOf = (publicUrl: string): string =>
  `payment-proxy-${createHash("sha256").update(publicUrl).digest("hex").slice(0, 8)}`

/**
 * Routes as a configuration says; those that stay as they were are the same still. A filter keeps the mappings and the tokens of
 * its own configuration: what is under way sends no token to where another client's should go.
 */
const built = (next: Configuration, side: Context.Context<Mappings | VendorTokens>, previous: Routes.Built) =>
  Effect.flatMap(Gate.all, (gates) =>
    Routes.build(next, kinds, gates, previous).pipe(
      Effect.provideService(Mappings, Context.get(side, Mappings)),
      Effect.provideService(VendorTokens, Context.get(side, VendorTokens))
    )
  )

/**
 * Puts the proxied routes of the file in force, and whatever else of it changes while we run: all of a change or nothing. Faults
 * at the start end it.
 */
export const layer = (loaded: Configuration) =>
  Layer.scoped(
    Current.Current,
    Effect.gen(function* () {
      const proxied = yield* Proxied
      const side = yield* Generations.VendorSide
      const settingsOf = ({ trustedProxies }: Configuration) => ({
        trustedProxies,
        pseudonym: pseudonymOf(loaded.environment.PAYMENT_PROXY_PUBLIC_URL)
      })
      let standing = yield* built(loaded, side.services, Routes.none)
      yield* proxied.replace(standing.routes, settingsOf(loaded))
      const take = (next: Configuration) =>
        Effect.gen(function* () {
          const prepared = yield* side.prepare(next)
          const routes = yield* built(next, prepared.services, standing).pipe(Effect.onError(() => prepared.drop))
          yield* prepared.commit
          yield* proxied.replace(routes.routes, settingsOf(next))
          yield* Routes.retire(standing, routes)
          standing = routes
        }).pipe(Effect.uninterruptible)
      const current = yield* Current.make({
        loaded,
        environment: process.env,
        readFile: Process.fileText,
        take
      })
      yield* Process.onHangup(current.look)
      return current
    })
  )
