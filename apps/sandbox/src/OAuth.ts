import { generateKeyPairSync, randomBytes } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import Provider from "oidc-provider"
import { Tokens } from "./Tokens.ts"

/** The platform's OAuth 2.0 server: client credentials for the scope `payments` (RFC 6749 §4.4). */
export interface OAuth {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void
  /** Which access tokens are good. */
  readonly tokens: Tokens
  /** From now on, these are the secrets of the clients that have one. */
  readonly accept: (secrets: ReadonlyArray<string>) => void
}

/** Public keys of a client that signs (RFC 7517 §5). */
export interface Jwks {
  readonly keys: ReadonlyArray<object>
}

/** The server below `${issuer}`; tokens live `tokenSeconds`. Keys are made at each start. */
export const make = (options: {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly tokenSeconds: number
  /** A token that is given ends the client's older ones. */
  readonly singleToken: boolean
  /** Makes a client more, `<clientId>-jwt`, that signs with one of these (`private_key_jwt`). */
  readonly clientJwks: Jwks | undefined
}): OAuth => {
  let secrets: ReadonlyArray<string> = [options.clientSecret]
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const client = {
    grant_types: ["client_credentials"],
    response_types: [],
    redirect_uris: [],
    scope: "payments"
  }
  const { clientId, clientSecret: client_secret, clientJwks } = options
  const signing = {
    ...client,
    client_id: `${clientId}-jwt`,
    token_endpoint_auth_method: "private_key_jwt" as const,
    jwks: clientJwks as never
  }
  const clients = [
    { ...client, client_id: clientId, client_secret, token_endpoint_auth_method: "client_secret_basic" as const },
    {
      ...client,
      client_id: `${clientId}-post`,
      client_secret,
      token_endpoint_auth_method: "client_secret_post" as const
    },
    ...(clientJwks === undefined ? [] : [signing])
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
  // Two secrets of one client, while one is exchanged for the other.
  Object.assign(provider.Client.prototype, { compareClientSecret: (actual: string) => secrets.includes(actual) })
  const newest = new Map<string, string>()
  const isOver = (clientId: string | undefined, token: string): boolean =>
    options.singleToken && newest.get(clientId ?? "") !== token
  provider.on("client_credentials.saved", ({ clientId = "", jti }) => {
    tokens.forget(newest.get(clientId) ?? "")
    newest.set(clientId, jti)
  })
  const tokens = new Tokens(async (token) => {
    const found = await provider.ClientCredentials.find(token)
    if (found === undefined || !found.scopes.has("payments") || isOver(found.clientId, token)) return undefined
    return (found.exp ?? 0) * 1000
  })
  const callback = provider.callback()
  return {
    handle: (request, response) => {
      void callback(request, response)
    },
    tokens,
    accept: (all) => {
      secrets = all
    }
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
