import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { brotliDecompressSync, gunzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Console, open } from "./console.ts"

const script = `console.log(${JSON.stringify("x".repeat(2000))})`
const folder = mkdtempSync(join(tmpdir(), "payment-proxy-console-"))
let world: Console
beforeAll(async () => {
  const files = join(folder, "web")
  mkdirSync(join(files, "assets"), { recursive: true })
  writeFileSync(join(folder, "secret.txt"), "not to be seen")
  symlinkSync(join(folder, "secret.txt"), join(files, "link.txt"))
  writeFileSync(join(files, "index.html"), "<!doctype html><title>the console</title>")
  writeFileSync(join(files, "assets", "index-AbCd_123.js"), script)
  writeFileSync(join(files, "icon.svg"), "<svg/>")
  world = await open({ files })
})
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

const get = (path: string, headers: Record<string, string> = {}) => world.raw("GET", path, { headers })

const bytes = (path: string, coding: string) =>
  new Promise<{ readonly body: Buffer; readonly headers: object }>((done, fail) => {
    const { hostname, port } = new URL(world.base)
    request({ hostname, port, path, headers: { "accept-encoding": coding }, agent: false }, (answer) => {
      const chunks: Array<Buffer> = []
      answer.on("data", (chunk: Buffer) => chunks.push(chunk))
      answer.on("end", () => done({ body: Buffer.concat(chunks), headers: answer.headers }))
    })
      .on("error", fail)
      .end()
  })

describe("the console's files", () => {
  it("are found from / and /console", async () => {
    for (const path of ["/", "/console", "/console?a=1"])
      expect(await get(path)).toMatchObject({ status: 303, headers: { location: "/console/" } })
  })

  it("are one page for every address that the page itself knows, which is asked for anew each time", async () => {
    for (const path of ["/console/", "/console/index.html", "/console/orders/0123", "/console/a%2Fb", "/console/%ff"])
      expect(await get(path)).toMatchObject({
        status: 200,
        text: "<!doctype html><title>the console</title>",
        headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" }
      })
  })

  it("are kept for ever by browsers where their names change with them", async () => {
    expect(await get("/console/assets/index-AbCd_123.js")).toMatchObject({
      status: 200,
      text: script,
      headers: {
        "content-type": "text/javascript; charset=utf-8",
        "cache-control": "public, max-age=31536000, immutable",
        vary: "accept-encoding"
      }
    })
    expect(await get("/console/icon.svg")).toMatchObject({
      headers: { "content-type": "image/svg+xml", "cache-control": "no-cache" }
    })
  })

  it.each([
    ["br, gzip", "br", brotliDecompressSync],
    ["gzip, deflate", "gzip", gunzipSync],
    ["br;q=0, gzip", "gzip", gunzipSync]
  ] as const)("are compressed for who takes %s", async (accepts, coding, opened) => {
    const { body, headers } = await bytes("/console/assets/index-AbCd_123.js", accepts)
    expect(headers).toMatchObject({ "content-encoding": coding })
    expect(body.length).toBeLessThan(500)
    expect(opened(body).toString()).toBe(script)
  })

  it("are not sent again to who has them: 304 by a strong tag, another for each encoding", async () => {
    const plain = await get("/console/assets/index-AbCd_123.js")
    const tag = String(plain.headers.etag)
    expect(tag).toMatch(/^"[\w-]+"$/)
    const again = await get("/console/assets/index-AbCd_123.js", { "if-none-match": `"other", ${tag}` })
    expect([again.status, again.text]).toEqual([304, ""])
    const packed = await get("/console/assets/index-AbCd_123.js", { "if-none-match": tag, "accept-encoding": "br" })
    expect(packed.status).toBe(200)
    expect(packed.headers.etag).not.toBe(tag)
  })

  it("are told of without their bodies by HEAD, and take nothing else", async () => {
    const head = await world.raw("HEAD", "/console/")
    expect([head.status, head.headers["content-length"], head.text]).toEqual([200, "41", ""])
    expect(await world.raw("POST", "/console/", { body: {} })).toMatchObject({
      status: 405,
      headers: { allow: "GET, HEAD" },
      body: { code: "METHOD_NOT_ALLOWED" }
    })
  })

  it.each([
    "/console/../secret.txt",
    "/console/%2e%2e/secret.txt",
    "/console/..%2fsecret.txt",
    "/console/%2e%2e%2fsecret.txt",
    "/console/..\\secret.txt",
    "/console/assets/../../secret.txt",
    "/console/assets/%252e%252e/%252e%252e/secret.txt",
    "/console//etc/passwd",
    "/console/%00",
    "/console/link.txt",
    "/console/....//secret.txt"
  ])("are all that there is: %s shows nothing else", async (path) => {
    const { status, text } = await get(path)
    expect([200, 404]).toContain(status)
    expect(text).not.toMatch(/not to be seen|root:/)
  })

  it("that are gone are said to be gone, and not taken for the page", async () => {
    expect(await get("/console/assets/index-00000000.js")).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } })
  })
})

describe("without a build", () => {
  it("a page says how to make one", async () => {
    const bare = await open()
    const { status, headers, text } = await bare.raw("GET", "/console/")
    await bare.close()
    expect([status, headers["content-type"]]).toEqual([503, "text/html; charset=utf-8"])
    expect(text).toContain("pnpm --filter @payment-proxy/console build")
  })
})
