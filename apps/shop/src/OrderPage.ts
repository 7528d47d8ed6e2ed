import type { Order, Refund } from "@payment-proxy/client/promise"
import type { Event } from "./Events.ts"
import { empty, escaped, page, part, table } from "./Page.ts"
import { badge, clock, facts, hiddenKey, money } from "./Shown.ts"
import * as Story from "./Story.ts"
import * as Told from "./Told.ts"
import { type Language, policyOf, wayOf } from "./Wares.ts"
import { words } from "./Words.ts"

const policyName = ({ metadata }: Order, language: Language): string =>
  escaped(policyOf(metadata["policy"])?.name[language] ?? "–")

/** The latest orders, each with how it stands. */
export const orders = (language: Language, found: ReadonlyArray<Order>): string => {
  const { orders, ordersLead, noOrder, orderHeadings } = words[language]
  const rows = found.map((order) => [
    `<a href="/orders/${encodeURIComponent(order.payOrderNo)}">${policyName(order, language)}</a><small><code>${escaped(order.payOrderNo)}</code></small>`,
    badge(Story.ofOrder(language, order, [])),
    money(order.amount),
    /[1-9]/.test(order.refunded.value) ? money(order.refunded) : "–",
    clock(order.createdAt)
  ])
  const list = rows.length === 0 ? empty(noOrder) : table(orderHeadings, rows, [2, 3])
  const body = `<h1>${orders}</h1>\n<p class="lead">${ordersLead}</p>\n${part("orders", "card wide", list)}`
  return page({ language, title: orders, body, place: "orders", live: "/live" })
}

const hidden = ([name, value]: readonly [string, string]): string =>
  `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`

const codeOf = (language: Language, content: string, codePage: string | null): string => {
  const { scan, scanLead } = words[language]
  const drawn =
    codePage === null
      ? ""
      : `<a class="button big" id="go" target="_blank" rel="noopener" href="${escaped(`${codePage}?content=${encodeURIComponent(content)}`)}">${scan}</a>`
  return `<p>${scanLead} <code>${escaped(content)}</code></p>${drawn}`
}

/** What the payer does next. */
const nextOf = (language: Language, next: NonNullable<Order["next"]>, codePage: string | null): string => {
  const { pay, payLead, parameters, follow } = words[language]
  switch (next.type) {
    case "redirect":
      return `<p>${payLead}</p><a class="button big" id="go" href="${escaped(next.url)}">${pay}</a>`
    case "qr":
      return codeOf(language, next.content, codePage)
    case "form": {
      const fields = Object.entries(next.fields).map(hidden)
      return `<p>${payLead}</p><form method="post" action="${escaped(next.action)}">${fields.join("")}<button class="big" id="go">${pay}</button></form>`
    }
    case "app":
      return `<p>${parameters} <code>${escaped(JSON.stringify(next.parameters))}</code></p>`
    case "none":
      return `<p>${follow}</p>`
  }
}

const refundable: ReadonlyArray<string> = ["SUCCEEDED", "PARTIALLY_REFUNDED"]

const decimalsOf = (value: string): number => value.split(".")[1]?.length ?? 0

/** What is left of an amount, both in decimal strings of one currency. */
export const leftOf = ({ amount, refunded }: Pick<Order, "amount" | "refunded">): string => {
  const decimals = decimalsOf(amount.value)
  const minor = ({ value }: Order["amount"]): bigint => BigInt(value.replace(".", ""))
  const left = minor(amount) - minor(refunded)
  const digits = (left < 0n ? 0n : left).toString().padStart(decimals + 1, "0")
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

const formOf = ({ payOrderNo }: Order, verb: "refund" | "close", content: string): string =>
  `<form method="post" action="/orders/${encodeURIComponent(payOrderNo)}/${verb}">${content}</form>`

const over: ReadonlyArray<string> = ["FAILED", "CLOSED", "REFUNDED"]

const payPart = (language: Language, order: Order, codePage: string | null): string => {
  const { payNow, until, timeLeft, cancel, toShelf } = words[language]
  const isOpen = order.status === "PENDING" || order.status === "SUBMITTING"
  if (!isOpen && order.next === null)
    return over.includes(order.status) ? `<a class="button big" href="/">${toShelf}</a>` : ""
  const next = order.next === null ? "" : nextOf(language, order.next, codePage)
  const left = `<span hidden>· <span class="left" data-until="${escaped(order.expiresAt)}"></span> ${timeLeft}</span>`
  const limit = isOpen ? `<span class="hint">${until} ${clock(order.expiresAt)} ${left}</span>` : ""
  const leave = isOpen ? formOf(order, "close", `<button class="quiet" id="cancel">${cancel}</button>`) : ""
  return `${next === "" ? "" : `<h2>${payNow}</h2>`}${next}<p></p><div class="row">${limit}${leave}</div>`
}

const refundPart = (language: Language, order: Order): string => {
  const { refund, refundLead, part, refundPart, refundRest, amountForm } = words[language]
  const { currency } = order.amount
  const left = leftOf(order)
  if (!refundable.includes(order.status) || !/[1-9]/.test(left)) return ""
  const decimals = decimalsOf(left)
  const pattern = decimals === 0 ? "[0-9]+" : `[0-9]+(\\.[0-9]{1,${decimals}})?`
  const some = `${hiddenKey()}${hidden(["currency", currency])}
<div class="row"><label>${part} (${escaped(currency)})<input name="amount" inputmode="${decimals === 0 ? "numeric" : "decimal"}" pattern="${pattern}" title="${amountForm}" required value="${left}"></label><button>${refundPart}</button></div>`
  const all = `${hiddenKey()}<button class="quiet">${refundRest} ${money({ value: left, currency })}</button>`
  return `<h2>${refund}</h2><p class="soft">${refundLead}</p>${formOf(order, "refund", some)}${formOf(order, "refund", all)}`
}

const refundTones: { readonly [state: string]: Story.Story["tone"] } = {
  SUCCEEDED: "good",
  FAILED: "bad",
  HELD: "doubt"
}

const refundList = (language: Language, refunds: ReadonlyArray<Refund>): string => {
  const said = words[language]
  if (refunds.length === 0) return ""
  const states: { readonly [state: string]: string } = said.refundStates
  const rows = refunds.map(({ refundNo, status, amount }) => [
    `<code>${escaped(refundNo)}</code>`,
    badge({ tone: refundTones[status] ?? "wait", state: states[status] ?? status }),
    money(amount)
  ])
  return `<h2>${said.refunds}</h2><div class="wide">${table(said.refundHeadings, rows, [2])}</div>`
}

const detailsOf = (language: Language, order: Order): string => {
  const said = words[language]
  const way = wayOf(order)?.name[language]
  const isInsured = refundable.includes(order.status)
  return `<h2>${said.details}</h2>${facts([
    [said.policy, policyName(order, language)],
    [said.policyNo, isInsured && order.businessNo !== null ? `<code>${escaped(order.businessNo)}</code>` : null],
    [said.paidBy, escaped(way ?? `${order.method} · ${order.vendor}`)],
    [said.placed, clock(order.createdAt)],
    [said.paidAt, order.paidAt === null ? null : clock(order.paidAt)],
    [said.order, `<code>${escaped(order.payOrderNo)}</code>`],
    [said.reference, order.transactionNo === null ? null : `<code>${escaped(order.transactionNo)}</code>`]
  ])}${facts(
    [
      [said.amount, money(order.amount)],
      [said.refunded, /[1-9]/.test(order.refunded.value) ? money(order.refunded) : null]
    ],
    "total"
  )}`
}

const hero = (language: Language, { sign, state, sentence, steps }: Story.Story, code: string, more = ""): string => {
  const names = words[language].steps
  const way = names.map((name, index) => `<li${index < steps ? ' class="is"' : ""}>${name}</li>`).join("")
  return `<span class="sign" aria-hidden="true">${sign}</span><div><h1>${escaped(state)}</h1><p>${escaped(sentence)}</p>${more}<p class="hint"><code id="state">${escaped(code)}</code></p></div>${steps === 0 ? "" : `<ol class="steps">${way}</ol>`}`
}

/** What there is to know of an order. */
export interface Known {
  readonly order: Order
  readonly refunds: ReadonlyArray<Refund>
  readonly events: ReadonlyArray<Event>
  readonly codePage: string | null
  readonly console: string | null
}

/** One order: how it stands, what to do next, and what the shop was told of it; its parts follow it. */
export const order = (language: Language, { order, refunds, events, codePage, console }: Known): string => {
  const said = words[language]
  const story = Story.ofOrder(language, order, events)
  const { failure } = order
  const why = failure === null ? "" : `<p class="soft">${escaped(`${failure.code}: ${failure.detail}`)}</p>`
  const body = `${part("story", `card hero ${story.tone}`, hero(language, story, order.status, why), ' role="status"')}
<div class="sides"><div class="stack">
${part("pay", "card pay", payPart(language, order, codePage))}
${part("refund", "card", refundPart(language, order))}
${part("refunds", "card", refundList(language, refunds))}
<section><h2>${said.toldOfOrder}</h2>${part("events", "card wide", Told.list(language, events, { isOfOne: true, refusals: [] }))}</section>
</div>${part("details", "card", detailsOf(language, order))}</div>`
  const live = `/live?payOrderNo=${encodeURIComponent(order.payOrderNo)}`
  const where = console === null ? null : `${console}/orders/${encodeURIComponent(order.payOrderNo)}`
  return page({ language, title: `${story.state} · ${said.order}`, body, place: "orders", live, console: where })
}

/** Where the payer lands after paying: the order's state as far as it is known, never taken from the address. */
export const done = (language: Language, order: { payOrderNo: string; status: string | null } | null): string => {
  const said = words[language]
  const story =
    order === null || order.status === null
      ? { ...Story.ofState(language, "PENDING"), state: said.done, sentence: said.waiting, steps: 1 }
      : Story.ofState(language, order.status)
  const toOrder =
    order === null
      ? ""
      : `<a class="button" href="/orders/${encodeURIComponent(order.payOrderNo)}">${said.toOrder}</a> `
  const content = hero(language, story, order?.status ?? "", "")
  const body = `<p class="lead">${order?.status == null ? said.done : said.doneLead}</p>
${part("story", `card hero ${story.tone}`, content, ' role="status"')}
<p></p><p>${toOrder}<a href="/">${said.toShelf}</a></p>`
  const live = order === null ? null : `/live?payOrderNo=${encodeURIComponent(order.payOrderNo)}`
  return page({
    language,
    title: said.done,
    body,
    live,
    ...(order === null ? {} : { address: `/done?payOrderNo=${encodeURIComponent(order.payOrderNo)}` })
  })
}

/** What is known of something that did not work. */
export interface Trouble {
  readonly sentence: string
  readonly payOrderNo: string
}

/** What did not work, and why: in a sentence where the shop has one for it; the way back is to the order that it was about. */
export const trouble = (language: Language, why: string, about: Partial<Trouble> = {}): string => {
  const said = words[language]
  const { sentence, payOrderNo } = about
  const told =
    sentence === undefined ? `<p>${escaped(why)}</p>` : `<p>${sentence}</p><p class="hint">${escaped(why)}</p>`
  const toOrder =
    payOrderNo === undefined
      ? ""
      : `<a class="button" href="/orders/${encodeURIComponent(payOrderNo)}">${said.toTheOrder}</a> `
  const body = `<div class="card hero bad"><span class="sign" aria-hidden="true">!</span><div><h1>${said.trouble}</h1>${told}</div></div>\n<p></p><p>${toOrder}<a href="/">${said.again}</a></p>`
  return page({ language, title: said.trouble, body, live: null })
}
