import type { Kit } from "../Kit.ts"
import type { Authorization, Book, Capture, Change, Next, Order, Refund } from "./Book.ts"
import { Refusal, statusOf } from "./Problems.ts"
import type { Happening, Telling } from "./Telling.ts"

const hourMillis = 3_600_000

/** The merchant's account with the vendor: all that its calls work on. */
export interface Account {
  readonly url: string
  readonly kit: Kit
  readonly book: Book
  readonly telling: Telling
  readonly merchantId: string
}

/** A call of the API that was read: its path, its request id, and whether it wants all of what it made. */
export interface Asking {
  readonly path: string
  readonly requestId: string | undefined
  readonly isFull: boolean
}

/** What a call made or moved, and whether an earlier call with its request id did so. */
export interface Made {
  readonly id: string
  readonly isRepeat: boolean
}

/** For how long request ids of each part of the API are kept. */
const keptMillis = (path: string): number => (path.startsWith("/v2/checkout/") ? 6 : 45 * 24) * hourMillis

/** Does what a call asks for, or finds what the first call with its request id did; `act` answers the id of that with what is to be written and told. */
export const once = (
  account: Account,
  { path, requestId }: Asking,
  act: () => {
    readonly id: string
    readonly changes: ReadonlyArray<Change>
    readonly happenings: ReadonlyArray<Happening>
  }
): Made => {
  const key = `${path} ${requestId}`
  const before = requestId === undefined ? undefined : account.book.repeated(key, keptMillis(path))
  if (before !== undefined) return { id: before, isRepeat: true }
  const { id, changes, happenings } = act()
  const repeat = requestId === undefined ? [] : [{ repeat: { key, id, atMillis: account.kit.clock.now() } }]
  void account.telling.commit([...changes, ...repeat], happenings)
  return { id, isRepeat: false }
}

const missing = (name: string, value: string): Refusal =>
  new Refusal("INVALID_RESOURCE_ID", { field: name, value, location: "path" })

/** An order by its id. */
export const order = ({ book }: Account, id: string): Order => {
  const found = book.orders.get(id)
  if (found === undefined) throw missing("order_id", id)
  return found
}

/** The order that a part of it belongs to. */
const orderOf = ({ book }: Account, orderId: string): Order => {
  const found = book.orders.get(orderId)
  if (found === undefined) throw new Error(`The book has lost order ${orderId}.`)
  return found
}

/** An authorization by its id, with its order. */
export const authorization = (account: Account, id: string): readonly [Authorization, Order] => {
  const found = account.book.authorizations.get(id)
  if (found === undefined) throw missing("authorization_id", id)
  return [found, orderOf(account, found.orderId)]
}

/** A capture by its id, with its order. */
export const capture = (account: Account, id: string): readonly [Capture, Order] => {
  const found = account.book.captures.get(id)
  if (found === undefined) throw missing("capture_id", id)
  return [found, orderOf(account, found.orderId)]
}

/** A refund by its id, with its order. */
export const refund = (account: Account, id: string): readonly [Refund, Order] => {
  const found = account.book.refunds.get(id)
  if (found === undefined || found.kind === "reversal") throw missing("refund_id", id)
  return [found, orderOf(account, found.orderId)]
}

/** What the desk wants to come of this call, which is taken from the order: an issue is thrown, a status answered. */
export const fated = (account: Account, of: Order, on: Next["on"]): Pick<Next, "status" | "reason"> | undefined => {
  const { next } = of
  const isMeant = next?.on === on || (next?.on === "take" && (on === "capture" || on === "authorize"))
  if (next === null || !isMeant) return undefined
  const { issue } = next
  if (issue === undefined) return next
  account.book.commit({ order: { ...of, ...afterwards(of, issue), next: null } })
  throw new Refusal(issue, {}, isForPayer(issue) ? [redirect(account, of)] : [])
}

/** Issues after which the payer has to act again on the same order. */
const isForPayer = (issue: string): boolean =>
  ["INSTRUMENT_DECLINED", "PAYER_ACTION_REQUIRED", "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING"].includes(issue)

const afterwards = (of: Order, issue: string): Partial<Order> =>
  isForPayer(issue) && of.status === "APPROVED" ? { status: "PAYER_ACTION_REQUIRED" } : {}

const redirect = ({ url }: Account, { id }: Order) => ({
  href: `${url}/checkoutnow?token=${id}`,
  rel: "redirect",
  method: "GET"
})

/** Whether a word looks like an issue that can be answered. */
export const isIssue = (word: unknown): word is string =>
  typeof word === "string" && /^[A-Z][A-Z_]{2,63}$/.test(word) && statusOf(word) >= 400

/** Refuses an invoice id that another order of the account has, where the account wants that. */
export const checkInvoice = ({ book }: Account, invoiceId: string | null, orderId: string | null): void => {
  if (!book.settings.blocksDuplicateInvoiceIds || invoiceId === null) return
  for (const other of book.orders.values())
    if (other.id !== orderId && other.invoiceId === invoiceId) throw new Refusal("DUPLICATE_INVOICE_ID")
  for (const other of book.captures.values())
    if (other.orderId !== orderId && other.invoiceId === invoiceId) throw new Refusal("DUPLICATE_INVOICE_ID")
}
