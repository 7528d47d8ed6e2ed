import type { Answer, World } from "./world.ts"
import { open } from "./world.ts"

/** What PayPal's console hands out. */
export interface Credentials {
  readonly baseUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly webhookId: string
  readonly payeeMerchantId: string
  readonly certificateAuthority: string
  readonly certificateSubject: string
}

/** A resource of PayPal's, as far as the tests look into it. */
export interface Resource {
  readonly id: string
  readonly status: string
  readonly intent?: string
  readonly amount?: { readonly currency_code: string; readonly value: string }
  readonly status_details?: { readonly reason: string }
  readonly links: ReadonlyArray<{ readonly rel: string; readonly href: string; readonly method: string }>
  readonly purchase_units?: ReadonlyArray<{
    readonly payments?: {
      readonly captures?: ReadonlyArray<Resource>
      readonly authorizations?: ReadonlyArray<Resource>
      readonly refunds?: ReadonlyArray<Resource>
    }
  }>
}

let serial = 0

/** A number that no other test uses. */
export const number = (): string => {
  serial += 1
  return `PP${String(serial).padStart(27, "0")}`
}

/** An order's body as the vendor's documents show it. */
export const orderBody = (custom: string, changes: object = {}, unit: object = {}) => ({
  intent: "CAPTURE",
  purchase_units: [
    {
      amount: { currency_code: "USD", value: "88.88" },
      custom_id: custom,
      invoice_id: `${custom}-1`,
      description: "Travel insurance",
      ...unit
    }
  ],
  payment_source: {
    paypal: {
      experience_context: {
        return_url: "https://shop.example/back?order=1",
        cancel_url: "https://shop.example/cancel",
        brand_name: "Shop",
        user_action: "PAY_NOW",
        shipping_preference: "NO_SHIPPING"
      }
    }
  },
  ...changes
})

export const form = "application/x-www-form-urlencoded"

/** A client of PayPal that writes its requests by hand, as the vendor's OpenAPI files want them. */
export class Client {
  readonly world: World
  readonly credentials: Credentials
  token = ""

  constructor(world: World) {
    this.world = world
    this.credentials = world.credentials["paypal"] as unknown as Credentials
  }

  /** Any call; a body that is no text goes as JSON. */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const sent = body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body)
    const own = {
      authorization: `Bearer ${this.token}`,
      ...(sent === null ? {} : { "content-type": "application/json" })
    }
    const response = await fetch(`${this.credentials.baseUrl}${path}`, {
      method,
      body: sent,
      headers: { ...own, ...headers },
      redirect: "manual"
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get("content-type") ?? "") && text !== ""
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
  }

  /** Asks for a token, with more in the form. */
  async tokenAnswer(body = "grant_type=client_credentials", secret = this.credentials.clientSecret): Promise<Answer> {
    const authorization = `Basic ${btoa(`${this.credentials.clientId}:${secret}`)}`
    return this.call("POST", "/v1/oauth2/token", body, { authorization, "content-type": form })
  }

  async signIn(body?: string): Promise<void> {
    this.token = ((await this.tokenAnswer(body)).json as { readonly access_token: string }).access_token
  }

  /** A POST of all that its answer can say, under a request id. */
  post(path: string, body: unknown = {}, requestId = number()): Promise<Answer> {
    return this.call("POST", path, body, { "paypal-request-id": requestId, prefer: "return=representation" })
  }

  create(body: object, requestId = number()): Promise<Answer> {
    return this.post("/v2/checkout/orders", body, requestId)
  }

  async created(custom: string, changes: object = {}, unit: object = {}): Promise<Resource> {
    return (await this.create(orderBody(custom, changes, unit))).json as Resource
  }

  async order(id: string): Promise<Resource> {
    return (await this.call("GET", `/v2/checkout/orders/${id}`)).json as Resource
  }

  desk(of: string, verb: string, body: object = {}): Promise<Answer> {
    return this.world.call("POST", `/_payments/${of}/${verb}`, body)
  }

  /** An order that was approved and captured, with its capture. */
  async captured(custom: string, unit: object = {}): Promise<{ readonly order: Resource; readonly capture: Resource }> {
    const { id } = await this.created(custom, {}, unit)
    await this.desk(custom, "approve")
    const order = (await this.post(`/v2/checkout/orders/${id}/capture`)).json as Resource
    const capture = order.purchase_units?.[0]?.payments?.captures?.[0]
    if (capture === undefined) throw new Error(`There is no capture: ${JSON.stringify(order)}`)
    return { order, capture }
  }

  /** An order that was approved and authorized, with its authorization. */
  async authorized(custom: string): Promise<Resource> {
    const { id } = await this.created(custom, { intent: "AUTHORIZE" })
    await this.desk(custom, "approve")
    const order = (await this.post(`/v2/checkout/orders/${id}/authorize`)).json as Resource
    const authorization = order.purchase_units?.[0]?.payments?.authorizations?.[0]
    if (authorization === undefined) throw new Error(`There is no authorization: ${JSON.stringify(order)}`)
    return authorization
  }

  /** Moves the sandbox's time; a token that is over by then is replaced. */
  async advance(millis: number): Promise<void> {
    await this.world.call("POST", "/_clock", { advanceMillis: millis })
    await this.signIn()
  }

  /** What the sandbox holds of a number. */
  async held(of: string) {
    return (await this.world.ledger()).held?.find((held) => held.number === of)
  }
}

export const hourMillis = 3_600_000
export const dayMillis = 24 * hourMillis

/** A sandbox in which PayPal is up, and a client that has a token. */
export const opened = async (folder?: string): Promise<Client> => {
  const client = new Client(await open({ vendors: ["paypal"], ...(folder === undefined ? {} : { folder }) }))
  await client.signIn()
  return client
}

/** HTTP status and the issue of an error. */
export const issueOf = ({ status, json }: Answer): readonly [number, string | undefined] => [
  status,
  (json as { readonly details?: ReadonlyArray<{ readonly issue: string }> } | undefined)?.details?.[0]?.issue
]
