import { generateKeyPairSync, randomBytes } from "node:crypto"
import { createServer, type RequestListener, type Server } from "node:http"
import { createServer as createSecureServer } from "node:https"
import type { AddressInfo } from "node:net"
import type { TLSSocket } from "node:tls"
import { Effect, Schema } from "effect"
import Provider, { type Configuration, type KoaContextWithOIDC } from "oidc-provider"
import { OAuthConfig } from "../src/index.ts"
import type { Certificate } from "./certificates.ts"

/** A client's configuration, decoded. */
export const configured = (config: object) => Schema.decodeUnknownSync(OAuthConfig)(config)

type Client = NonNullable<Configuration["clients"]>[number]

/** A client of the server, with what all of them have. */
export const client = (client_id: string, more: object): Client =>
  ({
    client_id,
    grant_types: ["client_credentials"],
    response_types: [],
    redirect_uris: [],
    scope: "payments refunds",
    ...more
  }) as Client

const listening = (server: Server, port: number): Promise<number> =>
  new Promise((done) => {
    server.listen(port, "127.0.0.1", () => done((server.address() as AddressInfo).port))
  })

const closed = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.close(() => done())
    server.closeAllConnections()
  })

/** A server for as long as the scope, on a port that the system picks; it can be killed and brought back there. */
export const serving = (make: () => Server) =>
  Effect.gen(function* () {
    let server = make()
    let listener: RequestListener = (_, response) => response.writeHead(404).end()
    const up = (port: number) => {
      server = make()
      server.on("request", (request, response) => listener(request, response))
      return listening(server, port)
    }
    const port = yield* Effect.acquireRelease(
      Effect.promise(() => up(0)),
      () => Effect.promise(() => closed(server))
    )
    return {
      port,
      answer: (next: RequestListener) => {
        listener = next
      },
      kill: Effect.promise(() => closed(server)),
      back: Effect.promise(() => up(port))
    }
  })

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

const signingKeys = () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  return { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] } as never
}

const peer = (context: KoaContextWithOIDC) => (context.socket as TLSSocket).getPeerX509Certificate?.()

const providerOf = (issuer: string, clients: ReadonlyArray<Client>, aliases: Record<string, unknown>) => {
  const provider = quietly(
    () =>
      new Provider(issuer, {
        clients: [...clients],
        scopes: ["payments", "refunds"],
        clientAuthMethods: [
          "client_secret_basic",
          "client_secret_post",
          "private_key_jwt",
          "tls_client_auth",
          "self_signed_tls_client_auth"
        ],
        features: {
          clientCredentials: { enabled: true },
          devInteractions: { enabled: false },
          resourceIndicators: {
            enabled: true,
            getResourceServerInfo: () => ({ scope: "payments refunds", accessTokenFormat: "opaque" })
          },
          mTLS: {
            enabled: true,
            tlsClientAuth: true,
            selfSignedTlsClientAuth: true,
            getCertificate: peer as never,
            certificateAuthorized: (context) => (context.socket as TLSSocket).authorized,
            certificateSubjectMatches: (context, _, expected) => peer(context)?.subject === expected
          }
        },
        ttl: { ClientCredentials: 600 },
        jwks: signingKeys(),
        discovery: aliases,
        cookies: { keys: [randomBytes(32).toString("hex")] }
      })
  )
  const errors: Array<string> = []
  provider.on("grant.error", (_, error) => errors.push(String(error.error_detail ?? error.message)))
  return { callback: provider.callback(), errors }
}

/** A real OAuth server on plain http, that counts its token requests and can be given other clients and other signing keys. */
export const tokenServer = (clients: ReadonlyArray<Client>) =>
  Effect.gen(function* () {
    const served = yield* serving(() => createServer())
    const issuer = `http://127.0.0.1:${served.port}`
    let provider = providerOf(issuer, clients, {})
    let asked = 0
    served.answer((request, response) => {
      if (request.url === "/token") asked += 1
      void provider.callback(request, response)
    })
    return {
      ...served,
      issuer,
      tokenEndpoint: `${issuer}/token`,
      asked: () => asked,
      errors: () => provider.errors,
      /** From now on it knows these clients, and signs by new keys. */
      restart: (next: ReadonlyArray<Client>) => {
        provider = providerOf(issuer, next, {})
      }
    }
  })

/** The same behind TLS, of `server`'s certificate; client certificates are asked for at the alias alone (RFC 8705 §5). */
export const mutualServer = (server: Certificate, authority: Certificate, clients: ReadonlyArray<Client>) =>
  Effect.gen(function* () {
    const { cert, key } = server
    const plain = yield* serving(() => createSecureServer({ cert, key }))
    const mutual = yield* serving(() =>
      createSecureServer({ cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: false })
    )
    const issuer = `https://127.0.0.1:${plain.port}`
    const token_endpoint = `https://localhost:${mutual.port}/token`
    const provider = providerOf(issuer, clients, { mtls_endpoint_aliases: { token_endpoint } })
    plain.answer((request, response) => void provider.callback(request, response))
    mutual.answer((request, response) => void provider.callback(request, response))
    return { issuer, mutualEndpoint: token_endpoint, errors: () => provider.errors }
  })
