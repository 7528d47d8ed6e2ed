import { readFileSync } from "node:fs"
import type { TLSSocket, TlsOptions } from "node:tls"
import { describe, expect, it } from "vitest"
import { isProblem } from "./cases.ts"
import * as Wire from "./wire.ts"
import { last, type Options, ok, open } from "./world.ts"

const pem = (name: string) => readFileSync(new URL(`../certificates/${name}.pem`, import.meta.url), "utf8")
const certified = (name: string, more: TlsOptions = {}): TlsOptions => ({
  cert: pem(name),
  key: pem(`${name}.key`),
  ...more
})
const authority = pem("authority")
const trusting = { route: { tls: { ca: authority } } }

/** Asks an upstream behind TLS, and answers what came back, and how often the upstream was asked. */
const ask = async (tls: TlsOptions, more: Options = {}) => {
  const peers: Array<string> = []
  const world = await open({
    scheme: "https",
    ...more,
    upstream: {
      tls,
      onWhole: (connection) => {
        peers.push(String((connection.socket as TLSSocket).getPeerCertificate().subject?.CN ?? "nobody"))
        connection.send(ok)
      }
    }
  })
  const client = await world.client()
  client.send(`${last("POST /proxy/r/a", "Content-Length: 3", "Authorization: Bearer secret")}abc`)
  await client.ended()
  await world.close()
  const [answer] = client.reading().messages
  if (answer === undefined) throw new Error("no answer")
  return { answer, peers, asked: world.upstream.messages().length, status: Wire.statusOf(answer) }
}

describe("G99 an upstream whose certificate is not trusted gets nothing: 502 UPSTREAM_TLS", () => {
  it.each([
    ["that nobody has signed", certified("selfSigned"), {}],
    ["that nobody has signed, where another authority is trusted", certified("selfSigned"), trusting],
    ["for another name", certified("otherName"), trusting],
    ["that is no longer valid", certified("expired"), trusting],
    ["of an authority that the system does not know", certified("server"), {}],
    ["that is a client's", certified("client"), trusting]
  ] as const)("%s", async (_, tls, more) => {
    const { answer, asked, status } = await ask(tls, more)
    expect(status).toBe(502)
    isProblem(answer, "UPSTREAM_TLS")
    expect(asked).toBe(0)
  })

  it("not even where the process is told to trust anybody", async () => {
    const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"]
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0"
    try {
      const { status, asked } = await ask(certified("selfSigned"))
      expect([status, asked]).toEqual([502, 0])
    } finally {
      if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"]
      else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before
    }
  })

  it("that speaks no TLS at all: 502, and nothing is sent in the clear", async () => {
    const world = await open({
      scheme: "https",
      upstream: {
        onConnection: (connection) => connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        onPiece: () => undefined
      }
    })
    const client = await world.client()
    client.send(last("GET /proxy/r/a", "Authorization: Bearer secret"))
    await client.ended()
    const [answer] = client.reading().messages
    expect(answer?.start).toMatch(/ 502 /)
    if (answer !== undefined) isProblem(answer, ["UPSTREAM_TLS", "UPSTREAM_UNREACHABLE"])
  })

  it("that speaks an old TLS alone: 502", async () => {
    const { answer, status } = await ask(
      certified("server", { minVersion: "TLSv1.1", maxVersion: "TLSv1.1" }),
      trusting
    )
    expect(status).toBe(502)
    isProblem(answer, ["UPSTREAM_TLS", "UPSTREAM_UNREACHABLE"])
  })
})

describe("an upstream whose certificate is trusted", () => {
  it("because its authority is the route's", async () => {
    const { answer, peers } = await ask(certified("server"), trusting)
    expect([answer.body.toString(), peers]).toEqual(["ok", ["nobody"]])
  })

  const asking: TlsOptions = certified("server", { ca: authority, requestCert: true, rejectUnauthorized: true })

  it("and asks who we are is shown the route's certificate", async () => {
    const tls = { ca: authority, cert: pem("client"), key: pem("client.key") }
    const { answer, peers } = await ask(asking, { route: { tls } })
    expect([answer.body.toString(), peers]).toEqual(["ok", ["payment-proxy"]])
  })

  it("and asks who we are, where we have no certificate: 502", async () => {
    const { answer, status, asked } = await ask(asking, trusting)
    expect([status, asked]).toEqual([502, 0])
    isProblem(answer, ["UPSTREAM_TLS", "UPSTREAM_RESET", "UPSTREAM_UNREACHABLE"])
  })
})
