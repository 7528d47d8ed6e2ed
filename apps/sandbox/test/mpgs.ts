import type { Options } from "../src/Sandbox.ts"
import type { World } from "./world.ts"
import { open } from "./world.ts"

/** What the console of the sandbox's gateway hands out. */
export interface Credentials {
  readonly baseUrl: string
  readonly merchantId: string
  readonly passwords: ReadonlyArray<string>
  readonly webhookSecret: string
  readonly reportingPassword: string
}

/** An answer of the gateway, read loosely. */
export interface Said {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of any shape and say what they expect of them
  readonly body: any
  readonly text: string
}

const said = async (response: Response): Promise<Said> => {
  const text = await response.text()
  const isJson = (response.headers.get("content-type") ?? "").startsWith("application/json")
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined }
}

let serial = 0

/** A checkout as a merchant asks for it, with some of it changed. */
export const checkoutOf = (id: string, order: object = {}, more: { readonly interaction?: object } = {}) => ({
  apiOperation: "INITIATE_CHECKOUT",
  ...more,
  interaction: {
    operation: "PURCHASE",
    returnUrl: "https://shop.example/return?order=7#done",
    cancelUrl: "https://shop.example/cancel",
    merchant: { name: "Example shop" },
    ...more.interaction
  },
  order: { id, amount: "12.34", currency: "USD", description: "Travel insurance", reference: id, ...order }
})

/** A merchant of a sandbox's gateway. */
export const merchantOf = (world: World) => {
  const credentials = world.credentials["mpgs"] as unknown as Credentials
  const { baseUrl, merchantId, passwords } = credentials
  const root = `/api/rest/version/100/merchant/${merchantId}`
  const basic = (password = passwords[0]) => `Basic ${btoa(`merchant.${merchantId}:${password}`)}`
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    said(
      await fetch(`${baseUrl}${path}`, {
        method,
        headers: { authorization: basic(), "content-type": "application/json", ...headers },
        body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body)
      })
    )
  const number = () => {
    serial += 1
    return `PPX-${serial}`
  }
  const initiate = (id: string, order: object = {}, more: object = {}) =>
    send("POST", `${root}/session`, checkoutOf(id, order, more))
  const sessionOf = async (id: string, order: object = {}, more: object = {}): Promise<string> =>
    (await initiate(id, order, more)).body.session.id
  const order = (id: string) => send("GET", `${root}/order/${encodeURIComponent(id)}`)
  const transaction = (id: string, transactionId: string) =>
    send("GET", `${root}/order/${encodeURIComponent(id)}/transaction/${encodeURIComponent(transactionId)}`)
  const put = (id: string, transactionId: string, body: object) =>
    send("PUT", `${root}/order/${encodeURIComponent(id)}/transaction/${encodeURIComponent(transactionId)}`, body)
  const money = (amount: string, currency = "USD") => ({ transaction: { amount, currency } })
  const capture = (id: string, transactionId: string, amount: string) =>
    put(id, transactionId, { apiOperation: "CAPTURE", ...money(amount) })
  const refund = (id: string, transactionId: string, amount: string, currency = "USD") =>
    put(id, transactionId, { apiOperation: "REFUND", ...money(amount, currency) })
  const voided = (id: string, transactionId: string, targetTransactionId: string) =>
    put(id, transactionId, { apiOperation: "VOID", transaction: { targetTransactionId } })
  const decide = (id: string, verb: string, body: object = {}) => world.call("POST", `/_payments/${id}/${verb}`, body)
  const paid = async (changes: object = {}, more: object = {}): Promise<string> => {
    const id = number()
    await initiate(id, changes, more)
    await decide(id, "pay")
    return id
  }
  const authorized = (changes: object = {}) => paid(changes, { interaction: { operation: "AUTHORIZE" } })
  const advance = (seconds: number) => world.call("POST", "/_clock", { advanceMillis: seconds * 1000 })
  const setNow = (now: string) => world.call("POST", "/_clock", { now })
  const pageUrl = (session: string) => `${baseUrl}/checkout/pay/${session}?checkoutVersion=1.0.0`
  const page = async (session: string, query = "") => said(await fetch(`${pageUrl(session)}${query}`))
  const submit = (session: string, decision: string, card = "mastercard-approved") =>
    fetch(pageUrl(session), { method: "POST", body: new URLSearchParams({ decision, card }), redirect: "manual" })
  return {
    ...credentials,
    root,
    basic,
    send,
    number,
    initiate,
    sessionOf,
    order,
    transaction,
    put,
    capture,
    refund,
    voided,
    decide,
    paid,
    authorized,
    advance,
    setNow,
    page,
    pageUrl,
    submit
  }
}

/** A sandbox whose gateway is up, and its merchant. */
export const openGateway = async (options: Options = {}) => {
  const world = await open({ vendors: ["mpgs"], ...options })
  return { world, gateway: merchantOf(world) }
}

export type GatewayMerchant = ReturnType<typeof merchantOf>
