import { createHmac, timingSafeEqual } from "node:crypto"
import { randomHex } from "../../Random.ts"
import type { Kit } from "../Kit.ts"
import type { Call, Reply } from "../Vendor.ts"
import type { Book } from "./Book.ts"
import { json, oauth } from "./Problems.ts"

/** Nine hours, as the vendor's. */
const lifeSeconds = 32_400
const base = "https://uri.paypal.com/services/"

/** What a token reaches, by the vendor's names; a client asks for some of them, or for none and gets all. */
export const scopes = {
  payments: `${base}payments/payment/authcapture`,
  refunds: `${base}payments/refund`,
  reports: `${base}reporting/search/read`,
  webhooks: `${base}applications/webhooks`
} as const

export type Scope = keyof typeof scopes

/** The client that the vendor's console made. */
export interface Client {
  readonly id: string
  readonly secret: string
}

const isSame = (left: string, right: string): boolean => {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** What stands in a token: its end in milliseconds, its generation and its scopes. */
interface Content {
  readonly end: number
  readonly generation: number
  readonly scope: ReadonlyArray<string>
}

/** Gives tokens for the client's credentials, and knows those that it gave, also before a restart. */
export class Tokens {
  readonly #kit: Kit
  readonly #book: Book
  readonly #client: Client

  constructor(parts: { readonly kit: Kit; readonly book: Book; readonly client: Client }) {
    this.#kit = parts.kit
    this.#book = parts.book
    this.#client = parts.client
  }

  /** Answers `POST /v1/oauth2/token`. */
  give(call: Call): Reply {
    const challenge = { "www-authenticate": 'Basic realm="PayPal Sandbox"' }
    if (!this.#isClient(call.headers.authorization))
      return oauth(401, "invalid_client", "Client Authentication failed", challenge)
    if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(call.headers["content-type"] ?? ""))
      return oauth(400, "invalid_request", "The body is not a form")
    const form = new URLSearchParams(call.body.toString("utf8"))
    const grants = form.getAll("grant_type")
    if (grants.length !== 1) return oauth(400, "invalid_request", "There is not one grant_type")
    if (grants[0] !== "client_credentials")
      return oauth(400, "unsupported_grant_type", "This grant_type is not for this client")
    const all: ReadonlyArray<string> = Object.values(scopes)
    const scope =
      form
        .get("scope")
        ?.split(" ")
        .filter((one) => one !== "") ?? all
    if (!scope.every((one) => all.includes(one))) return oauth(400, "invalid_scope", "A scope is not this client's")
    const end = this.#kit.clock.now() + lifeSeconds * 1000
    const content: Content = { end, generation: this.#book.settings.tokenGeneration, scope }
    return json(
      200,
      {
        scope: scope.join(" "),
        access_token: this.#signed(content),
        token_type: "Bearer",
        app_id: "APP-80W284485P519543T",
        expires_in: lifeSeconds,
        nonce: `${this.#kit.clock.text()}${randomHex(16)}`
      },
      "token",
      ["-"],
      { "cache-control": "no-store" }
    )
  }

  /** The answer to a call whose token is not good or does not reach so far; nothing where it does. */
  refusal(call: Call, scope: Scope): Reply | "forbidden" | undefined {
    const [, token] = /^Bearer ([\w\-.~+/=]+)$/i.exec(call.headers.authorization ?? "") ?? []
    const content = token === undefined ? undefined : this.#read(token)
    const isGood =
      content !== undefined &&
      content.end > this.#kit.clock.now() &&
      content.generation === this.#book.settings.tokenGeneration
    if (!isGood)
      return oauth(401, "invalid_token", "The token was never given, is over, or was revoked", {
        "www-authenticate": 'Bearer error="invalid_token"'
      })
    return content.scope.includes(scopes[scope]) ? undefined : "forbidden"
  }

  #isClient(authorization: string | undefined): boolean {
    const [, encoded = ""] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? "") ?? []
    return isSame(Buffer.from(encoded, "base64").toString("utf8"), `${this.#client.id}:${this.#client.secret}`)
  }

  #mac(text: string): string {
    return createHmac("sha256", this.#client.secret).update(text).digest("base64url")
  }

  #signed(content: Content): string {
    const text = Buffer.from(JSON.stringify({ ...content, nonce: randomHex(8) })).toString("base64url")
    return `A21AA${text}.${this.#mac(text)}`
  }

  #read(token: string): Content | undefined {
    const [, text = "", mac = ""] = /^A21AA([\w-]+)\.([\w-]+)$/.exec(token) ?? []
    if (!isSame(mac, this.#mac(text))) return undefined
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"))
  }
}
