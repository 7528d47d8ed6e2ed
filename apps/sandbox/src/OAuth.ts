import { generateKeyPairSync, randomBytes } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import Provider, { interactionPolicy } from "oidc-provider"
import * as People from "./People.ts"
import { Tokens } from "./Tokens.ts"

/**
 * The platform's OAuth 2.0 server: client credentials for the scope `payments` (RFC 6749 §4.4); and, for a console's operators, the
 * company's OpenID provider: authorization code with PKCE.
 */
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
  /** Of the console's client, `<clientId>-console`. */
  readonly consoleSecret: string
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
    ...(clientJwks === undefined ? [] : [signing]),
    consoleOf(`${clientId}-console`, options.consoleSecret)
  ]
  const provider = quietly(
    () =>
      new Provider(options.issuer, {
        clients,
        scopes: ["payments", "openid", "profile", "groups"],
        features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
        ttl: {
          ClientCredentials: options.tokenSeconds,
          ...{ AuthorizationCode: 60, IdToken: 300, AccessToken: 300, Interaction: 600, Grant: 600, Session: 600 }
        },
        claims: People.claims,
        conformIdTokenClaims: false,
        findAccount: (_, id) => People.account(id) as never,
        interactions: {
          policy: alwaysAsking(),
          url: (_, { uid }) => `${new URL(options.issuer).pathname}/sign-in/${uid}`
        },
        loadExistingGrant: granted,
        jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] } as never,
        cookies: { keys: [randomBytes(32).toString("hex")] }
      })
  )
  // Two secrets of one client, while one is exchanged for the other.
  Object.assign(provider.Client.prototype, {
    compareClientSecret(this: { readonly clientId: string }, actual: string) {
      return this.clientId === `${clientId}-console` ? actual === options.consoleSecret : secrets.includes(actual)
    }
  })
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
      if (request.url?.startsWith("/sign-in/") === true)
        People.signIn(provider, request, response).catch(() => {
          if (!response.headersSent) response.writeHead(400)
          response.end()
        })
      else void callback(request, response)
    },
    tokens,
    accept: (all) => {
      secrets = all
    }
  }
}

/** The console's client; on loopback any port is its own (RFC 8252 §7.3), wherever the console happens to listen. */
const consoleOf = (client_id: string, client_secret: string) => ({
  client_id,
  client_secret,
  application_type: "native" as const,
  token_endpoint_auth_method: "client_secret_basic" as const,
  grant_types: ["authorization_code"],
  response_types: ["code" as const],
  redirect_uris: ["http://127.0.0.1/admin/oidc/callback"],
  scope: "openid profile groups"
})

/** Everybody is asked who he is, each time: one person at one browser can be several; and nobody whether he agrees. */
const alwaysAsking = () => {
  const policy = interactionPolicy.base()
  const { Check } = interactionPolicy
  policy
    .get("login")
    ?.checks.add(
      new Check("asked_each_time", "Who it is is asked each time.", ({ oidc }) =>
        oidc.result?.login === undefined ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT
      )
    )
  policy.get("consent")?.checks.remove("native_client_prompt")
  return policy
}

/** The company's own console need not be agreed to. */
const granted: NonNullable<NonNullable<ConstructorParameters<typeof Provider>[1]>["loadExistingGrant"]> = async ({
  oidc
}) => {
  const grant = new oidc.provider.Grant({
    clientId: oidc.client?.clientId ?? "",
    accountId: oidc.session?.accountId ?? ""
  })
  grant.addOIDCScope("openid profile groups")
  await grant.save()
  return grant
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
