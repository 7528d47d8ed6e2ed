import type { ServerResponse } from "node:http"
import { randomHex } from "../../Random.ts"
import type { Kit } from "../Kit.ts"
import type { Call, Held, Make } from "../Vendor.ts"
import type { Account } from "./Account.ts"
import * as Api from "./Api.ts"
import type { Order } from "./Book.ts"
import { Book, endOf, lives, madeAccountId, madeId } from "./Book.ts"
import * as Desk from "./Desk.ts"
import * as Orders from "./Orders.ts"
import * as Pages from "./Pages.ts"
import * as Signing from "./Signing.ts"
import { Telling } from "./Telling.ts"
import { Tokens } from "./Tokens.ts"

/** What the vendor's console made for the merchant, once. */
interface Console {
  readonly clientId: string
  readonly clientSecret: string
  readonly webhookId: string
  readonly merchantId: string
}

const madeConsole = (): Console => ({
  clientId: `A${Buffer.from(randomHex(59), "hex").toString("base64url")}`.slice(0, 80),
  clientSecret: `E${Buffer.from(randomHex(59), "hex").toString("base64url")}`.slice(0, 80),
  webhookId: madeId(),
  merchantId: madeAccountId()
})

const consoleOf = async (kit: Kit): Promise<Console> =>
  JSON.parse(await kit.kept("console.json", () => JSON.stringify(madeConsole())))

/** The listener that the environment names takes the place of the one in the book. */
const listen = (book: Book): void => {
  const url = process.env["SANDBOX_PAYPAL_WEBHOOK_URL"]
  if (url !== undefined && url !== "" && url !== book.settings.webhookUrl)
    book.commit({ settings: { webhookUrl: url } })
}

const statusOf = (account: Account, order: Order): Held["status"] => {
  const { book } = account
  const captures = book.capturesOf(order)
  const isTaken = captures.some(({ status }) => ["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"].includes(status))
  if (isTaken) return "paid"
  if (captures.some(({ status }) => status === "PENDING")) return "open"
  const authorizations = book.authorizationsOf(order)
  const last = authorizations.at(-1)
  if (last !== undefined && Desk.isLive(last)) return last.status === "PENDING" ? "open" : "authorized"
  if (last?.status === "VOIDED" || order.status === "VOIDED") return "closed"
  return captures.length > 0 || last !== undefined ? "failed" : "open"
}

const heldOf = (account: Account, order: Order): Held => {
  const { book, kit } = account
  const taken = book
    .capturesOf(order)
    .filter(({ status }) => ["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"].includes(status))
  return {
    vendor: kit.name,
    number: order.number,
    id: order.id,
    status: statusOf(account, order),
    amountMinor: order.amountMinor,
    currency: order.currency,
    capturedMinor: taken.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
    refunds: book
      .refundsOf(order)
      .filter(({ kind }) => kind === "refund")
      .map(({ customId, invoiceId, id, amountMinor, status }) => ({
        // A refund of the desk's bears the payment's number, which is none of a refund.
        ...{ number: customId === order.customId ? null : (customId ?? invoiceId), id, amountMinor, status }
      }))
  }
}

/** Voids orders that nobody approved or took in time, and authorizations at their end. */
const sweep = (account: Account): void => {
  const { book, kit } = account
  const now = kit.clock.now()
  for (const id of [...book.agenda.due(now)]) {
    const order = book.orders.get(id)
    const isWaiting = order !== undefined && (Orders.isOpen(order) || order.status === "APPROVED")
    if (isWaiting && endOf(order) <= now)
      book.commit({ order: { ...order, status: "VOIDED", isExpired: true, updatedMillis: now } })
    const authorization = book.authorizations.get(id)
    if (authorization === undefined || !Desk.isLive(authorization)) continue
    const of = book.orders.get(authorization.orderId)
    if (of !== undefined && authorization.firstMillis + lives.authorization <= now)
      void Desk.lapsed(account, of, authorization)
  }
}

const handle = (office: Api.Office, call: Call, response: ServerResponse): Promise<void> => {
  sweep(office.account)
  return call.url.pathname === "/checkoutnow"
    ? Pages.serve(office.account, call, response)
    : Api.serve(office, call, response)
}

/** PayPal: Orders v2, Payments v2, webhooks v1 and transaction reports v1, with a merchant and a payer that the sandbox made up. */
export const make: Make = async (kit) => {
  const [merchant, signers] = [await consoleOf(kit), await Signing.signers(kit)]
  const book = new Book(kit)
  listen(book)
  const { clientId, clientSecret, webhookId, merchantId } = merchant
  const telling = new Telling({ kit, book, signers, webhookId })
  const account: Account = { url: kit.url, kit, book, telling, merchantId }
  const tokens = new Tokens({ kit, book, client: { id: clientId, secret: clientSecret } })
  const office: Api.Office = { account, tokens, signers, webhookId }
  telling.resume()
  return {
    credentials: {
      baseUrl: kit.url,
      clientId,
      clientSecret,
      webhookId,
      payeeMerchantId: merchantId,
      certificateAuthority: signers.authority,
      certificateSubject: Signing.subject
    },
    handle: (call, response) => handle(office, call, response),
    held: () => [...book.orders.values()].map((order) => heldOf(account, order)),
    decide: async (number, decision) => {
      if (number === "-") return Desk.configure(account, decision)
      sweep(account)
      const order = book.find(number)
      return order === undefined ? undefined : Desk.decide(account, order, decision)
    },
    sweep: () => sweep(account)
  }
}
