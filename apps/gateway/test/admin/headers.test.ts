import { connect } from "node:net"
import { Memory } from "@payment-proxy/testkit"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { open as openGateway } from "../world.ts"
import { type Console, open } from "./console.ts"

let world: Console
beforeAll(async () => {
  world = await open()
})
afterAll(() => world.close())

const always = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin"
}

/** The head of what bytes are answered. */
const said = (bytes: string) =>
  new Promise<string>((done, fail) => {
    const socket = connect(Number(new URL(world.base).port), "127.0.0.1")
    let text = ""
    socket.on("data", (chunk) => {
      text += chunk.toString()
    })
    socket.on("close", () => done(text)).on("error", fail)
    socket.write(bytes)
  })

describe("every answer that operators get", () => {
  it.each([
    ["the API", "GET", "/admin/doors", 200],
    ["a refusal of it", "GET", "/admin/session", 401],
    ["a method that it does not take", "PATCH", "/admin/session", 404],
    ["an address that is none", "GET", "/nothing", 404],
    ["the pages", "GET", "/console/", 503],
    ["the way to them", "GET", "/", 303],
    ["a preflight", "OPTIONS", "/admin/session", 404],
    ["a method that nobody takes", "TRACE", "/console/", 405]
  ])("%s guards itself, and is kept nowhere", async (_, method, path, status) => {
    const answer = await world.raw(method, path, { headers: { origin: "https://evil.example" } })
    expect(answer.status).toBe(status)
    expect(answer.headers).toMatchObject({ ...always, "cache-control": "no-store" })
    expect(answer.headers["strict-transport-security"]).toBeUndefined()
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([])
  })

  it.each([
    ["what is no HTTP", "hello\r\n\r\n", 400],
    ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400],
    ["headers that do not end", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ["headers that do not come", "GET / HTTP/1.1\r\nHost: a\r\n", 408],
    ["an expectation", "GET /admin/doors HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n", 417]
  ])("%s, too", async (_, bytes, status) => {
    const head = (await said(bytes)).toLowerCase()
    expect(head).toMatch(new RegExp(`^http/1\\.1 ${status} `))
    for (const [name, value] of Object.entries(always)) expect(head).toContain(`${name}: ${value}`)
  })

  it.each([
    ["a second host", ["Host: a", "Host: b"]],
    ["a whole address", ["Host: a"]]
  ])("%s is refused before anything is read", async (what, lines) => {
    const target = what === "a whole address" ? "http://a/console/" : "/console/"
    const text = await said([`GET ${target} HTTP/1.1`, ...lines, "Connection: close", "", ""].join("\r\n"))
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe("the listener for orders", () => {
  it("knows nothing of operators", async () => {
    const gateway = await openGateway(Memory.layer, { works: false })
    for (const path of ["/admin/doors", "/admin/session", "/admin/overview", "/console/", "/console"])
      expect(await gateway.call("GET", path)).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } })
    await gateway.close()
  })

  it("and that for operators nothing of orders", async () => {
    for (const path of ["/v1/orders", "/health/ready", "/metrics", "/docs", "/openapi.json", "/notify/platform"])
      expect(await world.raw("GET", path)).toMatchObject({ status: 404 })
  })
})
