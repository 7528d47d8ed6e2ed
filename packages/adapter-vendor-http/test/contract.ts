import { SandboxVendors, vendorsContract } from "@payment-proxy/testkit"
import * as Against from "./against.ts"

/** How far ahead of UTC the books of a vendor are, in hours. */
const zone: { readonly [name in SandboxVendors.Name]: number } = { wechatpay: 8, alipay: 8, mpgs: 0, paypal: 0 }

/** The contract of vendors for one that the sandbox plays. */
export const contract = (name: SandboxVendors.Name): void =>
  vendorsContract(
    `${name}, against the sandbox`,
    Against.sandbox(name, (credentials) => SandboxVendors.entryOf(name, credentials), tokensOf(name)),
    name,
    Against.platform(name, {
      scenes: SandboxVendors.scenesOf(name),
      traits: SandboxVendors.traitsOf[name],
      day: Against.dayIn(zone[name])
    })
  )

const tokensOf = (name: SandboxVendors.Name) =>
  name === "paypal"
    ? ({ baseUrl, clientId, clientSecret }: SandboxVendors.Credentials) =>
        Against.tokensFrom(`${baseUrl}/v1/oauth2/token`, String(clientId), String(clientSecret))
    : undefined
