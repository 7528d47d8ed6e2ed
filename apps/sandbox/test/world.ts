import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import type { IncomingHttpHeaders } from "node:http"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Line } from "../src/Ledger.ts"
import type { Payment } from "../src/Payments.ts"
import type { Refund } from "../src/Refunds.ts"
import type { Options } from "../src/Sandbox.ts"
import { start } from "../src/Sandbox.ts"
import type { Held } from "../src/vendors/Vendor.ts"

/** An answer of the sandbox. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: unknown
}

const answerOf = async (response: Response): Promise<Answer> => {
  const text = await response.text()
  const isJson = /json/.test(response.headers.get("content-type") ?? "")
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson && text !== "" ? safely(text) : undefined
  }
}

const safely = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A throwaway secret of tests. */
export const webhookSecret = "whsec_dGhyb3dhd2F5IHNlY3JldCBvZiBvdXIgdGVzdHM="

/** The ledger of a sandbox's folder as it is on disk now. */
export const onDisk = (folder: string) =>
  readFileSync(join(folder, "ledger.jsonl"), "utf8")
    .split("\n")
    .filter((text) => text !== "")
    .map((text) => JSON.parse(text) as Line)

let serial = 0

/** A sandbox with a token in hand; `folder` survives `close` so that another can go on from it. */
export const open = async (options: Options = {}) => {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "sandbox-test-"))
  const sandbox = await start({
    port: 0,
    folder,
    clientId: "tests",
    clientSecret: "throwaway",
    webhookSecret,
    retryMillis: [5, 5, 5],
    ...options
  })
  const token = async (secret = "throwaway") => {
    const body = new URLSearchParams({ grant_type: "client_credentials", scope: "payments" })
    const headers = { authorization: `Basic ${btoa(`tests:${secret}`)}` }
    return answerOf(await fetch(`${sandbox.issuer}/token`, { method: "POST", headers, body }))
  }
  const { access_token } = (await token()).json as { readonly access_token: string }
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    answerOf(
      await fetch(`${sandbox.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${access_token}`, "idempotency-key": '"key"', ...headers },
        body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
        redirect: "manual"
      })
    )
  const create = (changes: object = {}) => {
    serial += 1
    return call("POST", "/payments", {
      merchant_payment_no: `ORDER-${serial}`,
      amount: 1234,
      currency: "CNY",
      subject: "Travel insurance",
      scene: "WEB",
      ...changes
    })
  }
  const created = async (changes: object = {}) => (await create(changes)).json as Payment
  const faults = (...list: ReadonlyArray<object>) => call("PUT", "/_faults", list)
  const fired = async () =>
    ((await call("GET", "/_faults")).json as ReadonlyArray<{ readonly fired: number }>).map((fault) => fault.fired)
  const ledger = async () =>
    (await call("GET", "/_ledger")).json as {
      readonly requests: ReadonlyArray<{
        readonly path: string
        readonly did: string
        readonly status: unknown
        readonly numbers: ReadonlyArray<string>
      }>
      readonly payments: ReadonlyArray<Payment>
      readonly refunds: ReadonlyArray<Refund>
      readonly notifications: ReadonlyArray<{
        readonly number: string
        readonly event: string
        readonly attempt: number
        readonly copy: number
        readonly status: number | null
        readonly error: string | null
        readonly genuine: boolean
        readonly vendor?: string
        readonly isTaken?: boolean
      }>
      readonly held?: ReadonlyArray<Held>
    }
  return {
    ...sandbox,
    folder,
    token,
    call,
    create,
    created,
    faults,
    fired,
    ledger,
    sweep: () => rmSync(folder, { recursive: true, force: true })
  }
}

export type World = Awaited<ReturnType<typeof open>>

/** A notification as a merchant got it. */
export interface Got {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A merchant that notifications come to; the next are answered with these statuses, then 204. */
export const merchant = (...statuses: Array<number>) => merchantThat(() => ({ status: statuses.shift() ?? 204 }))

/** A merchant that answers notifications so. */
export const merchantThat = async (answer: () => { readonly status: number; readonly body?: string }) => {
  const got: Array<Got> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      got.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") })
      const { status, body } = answer()
      response.writeHead(status).end(body)
    })
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url, got, close }
}
