import { SandboxVendors, vendorsContract } from "@payment-proxy/testkit"
import { DateTime, Effect } from "effect"
import * as Against from "./against.ts"

const today = Effect.map(DateTime.now, (now) => DateTime.formatIso(now).slice(0, 10))

/** The contract of vendors for one that the sandbox plays; scenes take payers' ids as any text where the sandbox has none. */
export const contract = (name: SandboxVendors.Name): void =>
  vendorsContract(
    `${name}, against the sandbox`,
    Against.sandbox(name, (credentials) => SandboxVendors.entryOf(name, credentials), tokensOf(name)),
    name,
    Against.platform(name, {
      scenes: SandboxVendors.scenesOf(name, {}),
      traits: SandboxVendors.traitsOf[name],
      day: today
    })
  )

const tokensOf = (name: SandboxVendors.Name) =>
  name === "paypal"
    ? ({ baseUrl, clientId, clientSecret }: SandboxVendors.Credentials) =>
        Against.tokensFrom(`${baseUrl}/v1/oauth2/token`, String(clientId), String(clientSecret))
    : undefined
