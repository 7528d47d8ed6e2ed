import { randomUUID } from "node:crypto"
import type { Order } from "@payment-proxy/client/promise"
import { escaped } from "./Page.ts"
import type { Story } from "./Story.ts"
import type { Policy } from "./Wares.ts"

const signs: { readonly [currency: string]: string } = { CNY: "¥", USD: "US$" }

/** An amount as people write it. */
export const money = ({ value, currency }: Order["amount"]): string =>
  escaped(signs[currency] === undefined ? `${value} ${currency}` : `${signs[currency]}${value}`)

/** What a policy costs in a currency. */
export const price = ({ prices }: Policy, currency: keyof Policy["prices"]): string =>
  money({ value: prices[currency], currency })

/** A time; where scripts run, in the reader's time zone. */
export const clock = (time: string): string =>
  `<time datetime="${escaped(time)}">${escaped(`${time.slice(0, 16).replace("T", " ")} UTC`)}</time>`

/** A state in a word, in its colour. */
export const badge = ({ tone, state }: Pick<Story, "tone" | "state">): string =>
  `<span class="badge ${tone}">${escaped(state)}</span>`

/** The way to an order's page; text is HTML. */
export const link = (payOrderNo: string): string =>
  `<a href="/orders/${encodeURIComponent(payOrderNo)}"><code>${escaped(payOrderNo)}</code></a>`

/** A form's own key: sent twice, it is done once. */
export const hiddenKey = (): string => `<input type="hidden" name="key" value="${randomUUID()}">`

/** A list of names and values; values are HTML, and what is null is left out. */
export const facts = (rows: ReadonlyArray<readonly [name: string, value: string | null]>, name = ""): string => {
  const shown = rows.map(([term, value]) => (value === null ? "" : `<dt>${term}</dt><dd>${value}</dd>`))
  return `<dl${name === "" ? "" : ` class="${name}"`}>${shown.join("")}</dl>`
}
