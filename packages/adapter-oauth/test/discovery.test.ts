import { createServer, type ServerResponse } from "node:http"
import { gzipSync } from "node:zlib"
import { expect, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import * as TokenEndpoint from "../src/TokenEndpoint.ts"
import { good } from "./answering.ts"
import { configured, serving } from "./tokenServer.ts"

interface Server {
  readonly issuer: string
  readonly paths: ReadonlyArray<string | undefined>
}

const json = (response: ServerResponse, body: object) =>
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body))

/** A server that discovers as `metadata` says, and answers everything else with `answer`. */
const discovering = (
  metadata: (issuer: string) => object,
  answer: (response: ServerResponse) => void = (response) => json(response, good)
) =>
  Effect.gen(function* () {
    const served = yield* serving(() => createServer())
    const issuer = `http://127.0.0.1:${served.port}/tenant`
    const paths: Array<string | undefined> = []
    served.answer((request, response) => {
      paths.push(request.url)
      if (request.url?.startsWith("/.well-known/")) json(response, metadata(issuer))
      else answer(response)
    })
    return { issuer, paths }
  })

const usual = (issuer: string) => ({ issuer, token_endpoint: `${issuer}/token` })
const fetchOf = ({ issuer }: Server, more: object = {}) =>
  TokenEndpoint.make(configured({ issuer, clientId: "c", clientSecret: "s", ...more }))
const said = (server: Server, more: object = {}) =>
  Effect.map(Effect.flatMap(fetchOf(server, more), Effect.either), (either) =>
    Either.isLeft(either) ? either.left.detail : "granted"
  )

it.scopedLive(
  "the metadata of an issuer with a path is looked up before the path (RFC 8414 §3), and once for many tokens",
  () =>
    Effect.gen(function* () {
      const server = yield* discovering(usual)
      const fetch = yield* fetchOf(server)
      yield* Effect.zipRight(fetch, fetch)
      expect(server.paths).toEqual(["/.well-known/oauth-authorization-server/tenant", "/tenant/token", "/tenant/token"])
    })
)

it.scopedLive(
  "metadata of another issuer, or with an endpoint that is not safe, is refused before a secret leaves",
  () =>
    Effect.gen(function* () {
      for (const [metadata, detail] of [
        [
          (issuer: string) => ({ ...usual(issuer), issuer: "https://other.example" }),
          "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED"
        ],
        [(issuer: string) => ({ ...usual(issuer), issuer: `${issuer}/` }), ""],
        [(issuer: string) => ({ issuer, token_endpoint: "http://token.example/" }), "token endpoint is not https"],
        [(issuer: string) => ({ issuer }), "token endpoint is not https"]
      ] as const) {
        const server = yield* discovering(metadata)
        const found = yield* said(server)
        expect(found).not.toBe("granted")
        expect(found).toContain(detail)
        expect(server.paths.length).toBe(1)
      }
    })
)

it.scopedLive("what fails to be discovered is looked up again", () =>
  Effect.gen(function* () {
    let isThere = false
    const server = yield* discovering((issuer) => (isThere ? usual(issuer) : {}))
    const fetch = yield* fetchOf(server)
    expect(Either.isLeft(yield* Effect.either(fetch))).toBe(true)
    isThere = true
    yield* fetch
  })
)

it.scopedLive(
  "no redirect is followed, nothing long or compressed is read, nothing is waited for beyond the limit",
  () =>
    Effect.gen(function* () {
      const type = { "content-type": "application/json" }
      const bomb = JSON.stringify({ ...good, more: "x".repeat(1_000_000) })
      for (const answer of [
        (response: ServerResponse) => response.writeHead(307, { location: "/elsewhere" }).end(),
        (response: ServerResponse) => response.writeHead(200, type).end(bomb),
        (response: ServerResponse) =>
          response.writeHead(200, { ...type, "content-encoding": "gzip" }).end(gzipSync(bomb)),
        (response: ServerResponse) => response.writeHead(200, type).write("{"),
        () => undefined
      ]) {
        const server = yield* discovering(usual, answer)
        const begun = performance.now()
        expect(yield* said(server, { timeLimitMillis: 1500 })).not.toBe("granted")
        expect(performance.now() - begun).toBeLessThan(15_000)
        expect(server.paths.length).toBe(2)
      }
    })
)
