import { randomUUID } from "node:crypto"
import type { Order, Refund } from "@payment-proxy/client/promise"
import type { Event } from "./Events.ts"
import { empty, escaped, page, table } from "./Page.ts"
import { type Language, type Policy, policies, type Way } from "./Wares.ts"
import { words } from "./Words.ts"

const money = ({ value, currency }: Order["amount"]): string => escaped(`${value} ${currency}`)

const stateIn = (said: { readonly [state: string]: string }, state: string): string =>
  `<span class="state">${escaped(said[state] ?? state)}</span><small>${escaped(state)}</small>`

const stateOf = (language: Language, state: string): string => stateIn(words[language].states, state)

const clock = (time: string): string => `<time datetime="${escaped(time)}">${escaped(time.slice(11, 19))}</time>`

const link = (payOrderNo: string): string =>
  `<a href="/orders/${encodeURIComponent(payOrderNo)}"><code>${escaped(payOrderNo)}</code></a>`

/** A form's own key: sent twice, it is done once. */
const hiddenKey = (): string => `<input type="hidden" name="key" value="${randomUUID()}">`

const signs = { CNY: "¥", USD: "US$" } as const

const card = (language: Language, { id, name, about, prices }: Policy, ways: ReadonlyArray<Way>): string => {
  const { way, buy } = words[language]
  const options = ways.map(
    (way) => `<option value="${way.id}">${way.name[language]} · ${signs[way.currency]}${prices[way.currency]}</option>`
  )
  const form = `<form method="post" action="/buy"><input type="hidden" name="policy" value="${id}">${hiddenKey()}
<label>${way}<select name="way">${options.join("")}</select></label><button>${buy}</button></form>`
  return `<div class="card"><h2>${name[language]}</h2><p>${about[language]}</p>
<p class="price">${signs.CNY}${prices.CNY} · ${signs.USD}${prices.USD}</p>
${ways.length === 0 ? "" : form}</div>`
}

/** The policies, each with its ways to pay. */
export const shelf = (language: Language, ways: ReadonlyArray<Way>): string => {
  const { shop, lead, closed } = words[language]
  const cards = policies.map((policy) => card(language, policy, ways))
  const why = ways.length === 0 ? `\n<p>${closed}</p>` : ""
  const body = `<h1>${shop}</h1>\n<p>${lead}</p>${why}\n<div class="shelf">${cards.join("\n")}</div>`
  return page({ language, title: shop, body, isLive: false })
}

/** The latest orders; it renews itself every 2 s. */
export const orders = (language: Language, found: ReadonlyArray<Order>): string => {
  const { orders, ordersLead, noOrder, orderHeadings } = words[language]
  const rows = found.map(({ payOrderNo, status, amount, refunded, createdAt }) => [
    link(payOrderNo),
    stateOf(language, status),
    money(amount),
    money(refunded),
    clock(createdAt)
  ])
  const list = rows.length === 0 ? empty(noOrder) : table(orderHeadings, rows, 2)
  return page({ language, title: orders, body: `<h1>${orders}</h1>\n<p>${ordersLead}</p>\n${list}`, isLive: true })
}

const hidden = ([name, value]: readonly [string, string]): string =>
  `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`

const codeOf = (language: Language, content: string, codePage: string | null): string => {
  const { scan, scanLead } = words[language]
  const drawn =
    codePage === null
      ? ""
      : `<a class="button" target="_blank" rel="noopener" href="${escaped(`${codePage}?content=${encodeURIComponent(content)}`)}">${scan}</a>`
  return `<p>${scanLead} <code>${escaped(content)}</code></p>${drawn}`
}

/** What the payer does next. */
const nextOf = (language: Language, next: NonNullable<Order["next"]>, codePage: string | null): string => {
  const { pay, parameters, follow } = words[language]
  switch (next.type) {
    case "redirect":
      return `<a class="button" href="${escaped(next.url)}">${pay}</a>`
    case "qr":
      return codeOf(language, next.content, codePage)
    case "form": {
      const fields = Object.entries(next.fields).map(hidden)
      return `<form method="post" action="${escaped(next.action)}">${fields.join("")}<button>${pay}</button></form>`
    }
    case "app":
      return `<p>${parameters} <code>${escaped(JSON.stringify(next.parameters))}</code></p>`
    case "none":
      return `<p>${follow}</p>`
  }
}

const refundable: ReadonlyArray<string> = ["SUCCEEDED", "PARTIALLY_REFUNDED"]

/** What is left of an amount, both in decimal strings of one currency. */
export const leftOf = ({ amount, refunded }: Pick<Order, "amount" | "refunded">): string => {
  const decimals = amount.value.split(".")[1]?.length ?? 0
  const minor = ({ value }: Order["amount"]): bigint => BigInt(value.replace(".", ""))
  const left = minor(amount) - minor(refunded)
  const digits = (left < 0n ? 0n : left).toString().padStart(decimals + 1, "0")
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

const refundForms = (language: Language, order: Order): string => {
  const { refund, part, refundPart, refundRest } = words[language]
  const action = `action="/orders/${encodeURIComponent(order.payOrderNo)}/refund"`
  const currency = `<input type="hidden" name="currency" value="${escaped(order.amount.currency)}">`
  return `<h2>${refund}</h2><div class="card pay"><form method="post" ${action}>${hiddenKey()}${currency}
<label>${part} (${escaped(order.amount.currency)})<input name="amount" inputmode="decimal" required value="${leftOf(order)}"></label><button>${refundPart}</button></form>
<form method="post" ${action}>${hiddenKey()}<button class="quiet">${refundRest}</button></form></div>`
}

/** What there is to know of an order. */
export interface Known {
  readonly order: Order
  readonly refunds: ReadonlyArray<Refund>
  readonly events: ReadonlyArray<Event>
  readonly codePage: string | null
}

/** One order: what to do next, and what became of it; it renews itself every 2 s while it moves. */
export const order = (language: Language, { order, refunds, events, codePage }: Known): string => {
  const said = words[language]
  const isOpen = order.status === "PENDING" || order.status === "SUBMITTING"
  const isMoving = refunds.some(({ status }) => status === "SUBMITTING" || status === "PENDING")
  const canRefund = refundable.includes(order.status) && leftOf(order) !== leftOf({ ...order, refunded: order.amount })
  const cells = [stateOf(language, order.status), money(order.amount), money(order.refunded)]
  const failure = order.failure === null ? "" : `<p>${escaped(`${order.failure.code}: ${order.failure.detail}`)}</p>`
  const next = order.next === null ? "" : `<div class="card pay">${nextOf(language, order.next, codePage)}</div>`
  const cancel = `<p></p><form method="post" action="/orders/${encodeURIComponent(order.payOrderNo)}/close"><button class="quiet">${said.cancel}</button></form>`
  const rows = refunds.map(({ refundNo, status, amount }) => [
    `<code>${escaped(refundNo)}</code>`,
    stateIn(said.refundStates, status),
    money(amount)
  ])
  const parts = [
    `<h1>${said.order}</h1>\n<p><code>${escaped(order.payOrderNo)}</code></p>`,
    table([said.orderHeadings[1], said.amount, said.refunded], [cells], 1),
    failure,
    next === "" ? "" : `<p></p>${next}`,
    isOpen ? cancel : "",
    canRefund ? refundForms(language, order) : "",
    rows.length === 0 ? "" : `<h2>${said.refunds}</h2>${table(said.refundHeadings, rows, 2)}`,
    `<h2>${said.told}</h2>${eventTable(language, events, true)}`
  ]
  return page({ language, title: said.order, body: parts.join("\n"), isLive: !canRefund || isMoving })
}

const eventRow = (event: Event): ReadonlyArray<string> => [
  event.payOrderNo === null ? "–" : link(event.payOrderNo),
  `<span class="state">${escaped(event.state ?? "–")}</span><small>${escaped(event.type)}</small>`,
  event.amount === null ? "" : money(event.amount),
  `${event.version ?? ""}`,
  clock(event.receivedAt),
  `${event.duplicates}`
]

/** Events as they came; where all are of one order, its number is left out. */
const eventTable = (language: Language, events: ReadonlyArray<Event>, isOfOne: boolean): string => {
  const { headings, empty: none } = words[language]
  if (events.length === 0) return empty(none)
  const from = isOfOne ? 1 : 0
  const rows = events.map((event) => eventRow(event).slice(from))
  return table(headings.slice(from), rows, 2 - from)
}

/** The list of events, newest first; it renews itself every 2 s. */
export const told = (language: Language, events: ReadonlyArray<Event>, refused: number): string => {
  const { told, toldLead, refused: said } = words[language]
  const warning = refused === 0 ? "" : `\n<p>${said(refused)}</p>`
  const body = `<h1>${told}</h1>\n<p>${toldLead}</p>${warning}\n${eventTable(language, events, false)}`
  return page({ language, title: told, body, isLive: true })
}

/** Where the payer lands after paying: the order's state as far as it is known, never taken from the address; it renews itself every 2 s. */
export const done = (language: Language, order: { payOrderNo: string; status: string | null } | null): string => {
  const { done, doneLead, waiting, back, orderHeadings } = words[language]
  const state =
    order === null || order.status === null
      ? `<p>${waiting}</p>`
      : `<p>${doneLead}</p>\n${table([orderHeadings[0], orderHeadings[1]], [[link(order.payOrderNo), stateOf(language, order.status)]], -1)}`
  const body = `<h1>${done}</h1>\n${state}\n<p><a href="/webhooks">${back}</a></p>`
  return page({ language, title: done, body, isLive: true })
}

/** What did not work, and why. */
export const trouble = (language: Language, why: string): string => {
  const { trouble, again } = words[language]
  const body = `<h1>${trouble}</h1>\n<p>${escaped(why)}</p>\n<p><a href="/">${again}</a></p>`
  return page({ language, title: trouble, body, isLive: false })
}
