import { generateKeyPairSync } from "node:crypto"
import { inspect } from "node:util"
import { expect, it } from "@effect/vitest"
import { Cause, Effect, Layer, Logger, LogLevel, Redacted } from "effect"
import * as OAuth from "../src/index.ts"
import * as TokenEndpoint from "../src/TokenEndpoint.ts"
import { type Answer, answering, good } from "./answering.ts"
import { certificate } from "./certificates.ts"
import { stores } from "./platform.ts"
import { configured } from "./tokenServer.ts"

const pem = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString()
const ours = certificate("ours")
const token = "canary-token"
const secrets = ["canary-secret", "canary-next", token, pem.split("\n")[1] ?? "", ours.key.split("\n")[1] ?? ""]
const shown = (value: unknown) => [
  inspect(value, { depth: 20, showHidden: true }),
  JSON.stringify(value),
  String(value)
]

const json = { "content-type": "application/json" }
const echo = secrets.join(" ")
/** Answers that repeat what they were sent. */
const answers: ReadonlyArray<Answer> = [
  { status: 200, body: { ...good, access_token: token, scope: "less" } },
  { status: 200, body: { ...good, access_token: `${token} with a space` } },
  { status: 200, body: { ...good, access_token: token, token_type: "canary-secret" } },
  { status: 200, body: { ...good, access_token: token, expires_in: "canary-secret" } },
  { status: 200, body: `{"access_token":"${token}` },
  { status: 400, body: { error: "canary-secret", error_description: echo } },
  { status: 400, body: { error: "invalid_scope", error_description: echo, error_uri: echo } },
  { status: 401, body: { error: "invalid_client", error_description: echo } },
  { status: 401, headers: { ...json, "www-authenticate": 'Basic realm="canary-secret"' }, body: { error: echo } },
  { status: 500, headers: { "content-type": "text/plain", "retry-after": "canary-secret" }, body: echo },
  { status: 302, headers: { location: `https://a.example/${secrets[0]}` }, body: "" }
]

/** Everything that is said while each client is given each answer, and what it comes to. */
const said = Effect.gen(function* () {
  const seen: Array<string> = []
  const logger = Logger.make((line) => seen.push(...shown({ ...line, context: null }), Cause.pretty(line.cause)))
  const { tokenEndpoint } = yield* answering(
    (count) => answers[(count - 1) % answers.length] ?? { status: 500, body: "" }
  )
  const common = { tokenEndpoint, clientId: "c", scope: "less more" }
  const configs = [
    { ...common, clientSecret: "canary-secret", next: { clientSecret: "canary-next" } },
    { ...common, clientSecret: "canary-secret", authMethod: "client_secret_post" },
    { ...common, privateKey: pem, authMethod: "private_key_jwt" }
  ].map(
    (config): OAuth.ClientConfig => ({
      ...configured(config),
      tls: { cert: ours.cert, key: Redacted.make(ours.key) }
    })
  )
  const all = Effect.forEach(configs, (config) =>
    Effect.gen(function* () {
      seen.push(...shown(config))
      const fetch = yield* TokenEndpoint.make(config)
      for (const _ of [...answers, ...answers]) {
        const exit = yield* Effect.exit(fetch)
        seen.push(...shown(exit), exit._tag === "Failure" ? Cause.pretty(exit.cause) : "")
      }
      for (const _ of answers) {
        const service = yield* OAuth.make({ platform: config })
        seen.push(...shown(service), ...shown(yield* Effect.exit(service.get("platform"))))
      }
    })
  )
  const quiet = Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.All))
  yield* Effect.provide(all, quiet)
  return seen.join("\n")
})

it.scopedLive("secrets, keys and tokens show in no error, log line or inspection, whatever the server answers", () =>
  Effect.gen(function* () {
    const all = yield* said
    for (const sign of ["invalid_client", "narrower scope", "TOKEN_REFUSED"]) expect(all).toContain(sign)
    for (const secret of secrets) expect(all.includes(secret), secret).toBe(false)
  }).pipe(Effect.provide(stores))
)
