import { generateKeyPairSync, randomBytes } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import Provider from "oidc-provider"
import { Tokens } from "./Tokens.ts"

/** The platform's OAuth 2.0 server: client credentials for the scope `payments` (RFC 6749 §4.4). */
export interface OAuth {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void
  /** Which access tokens are good. */
  readonly tokens: Tokens
}

/** The server below `${issuer}`; tokens live `tokenSeconds`. Keys are made at each start. */
export const make = (options: {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly tokenSeconds: number
}): OAuth => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const client = {
    client_secret: options.clientSecret,
    grant_types: ["client_credentials"],
    response_types: [],
    redirect_uris: [],
    scope: "payments"
  }
  const clients = [
    { ...client, client_id: options.clientId, token_endpoint_auth_method: "client_secret_basic" as const },
    { ...client, client_id: `${options.clientId}-post`, token_endpoint_auth_method: "client_secret_post" as const }
  ]
  const provider = quietly(
    () =>
      new Provider(options.issuer, {
        clients,
        scopes: ["payments"],
        features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
        ttl: { ClientCredentials: options.tokenSeconds },
        jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] } as never,
        cookies: { keys: [randomBytes(32).toString("hex")] }
      })
  )
  const callback = provider.callback()
  return {
    handle: (request, response) => {
      void callback(request, response)
    },
    tokens: new Tokens(async (token) => {
      const found = await provider.ClientCredentials.find(token)
      return found === undefined || !found.scopes.has("payments") ? undefined : (found.exp ?? 0) * 1000
    })
  }
}

/** oidc-provider tells its developers things at start that are no news here. */
const quietly = <A>(make: () => A): A => {
  const { info, warn } = console
  console.info = () => {}
  console.warn = () => {}
  try {
    return make()
  } finally {
    console.info = info
    console.warn = warn
  }
}
