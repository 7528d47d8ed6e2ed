import { Overview } from "@payment-proxy/application"
import { type Configuration, Generations } from "@payment-proxy/configuration"
import { Proposals } from "@payment-proxy/ports"
import { Effect, Layer, Option } from "effect"
import * as Listener from "./Listener.ts"

/** So many open proposals are counted at most. */
const mostCounted = 1000

const openProposals = Effect.flatMap(Proposals, (proposals) =>
  Effect.map(proposals.search({ state: "open", after: null, limit: mostCounted }), ({ length }) => length)
)

/** How the whole stands, as all pages see it. */
export const overview = Overview.layer(openProposals)

/** The operators' listener, as the environment says. */
export const fromConfiguration = ({ environment }: Configuration) => {
  const { PAYMENT_PROXY_ADMIN_HOST: host, PAYMENT_PROXY_ADMIN_PORT: port } = environment
  if (port === "off") return Listener.none
  return Layer.unwrapEffect(
    Effect.map(Generations.VendorSide, ({ inForce }) =>
      Listener.layer({
        host,
        port,
        url: Option.getOrNull(environment.PAYMENT_PROXY_ADMIN_URL),
        files: Option.getOrNull(environment.PAYMENT_PROXY_CONSOLE_DIR),
        trusted: () => inForce().trustedProxies,
        groups: () => inForce().operators.oidc?.groups ?? {}
      })
    )
  ).pipe(Layer.provide(overview))
}
