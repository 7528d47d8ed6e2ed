import { createHash } from "node:crypto"
import type { ServerResponse } from "node:http"
import type { Language } from "../../Page.ts"
import * as Page from "../../Page.ts"
import type { Call } from "../Vendor.ts"
import type { Session } from "./Book.ts"
import { now } from "./Book.ts"
import * as Cards from "./Cards.ts"
import type { Gateway } from "./Gateway.ts"
import * as Pages from "./Pages.ts"
import * as Script from "./Script.ts"
import * as Standing from "./Standing.ts"
import * as Views from "./Views.ts"

/** How long a receipt stays before it leads back to the shop by itself. */
const receiptSeconds = 3

/** An address with more in its query; what it has already stays as it is. */
export const withQuery = (url: string, query: { readonly [name: string]: string }): string => {
  const [, before = "", fragment = ""] = /^([^#]*)(#.*)?$/s.exec(url) ?? []
  const joint = before.includes("?") ? (/[?&]$/.test(before) ? "" : "&") : "?"
  return `${before}${joint}${new URLSearchParams(query).toString()}${fragment}`
}

/** Where a payer returns to: with the success indicator where the payment is done, else with another one that is always the same. */
const returnTo = (session: Session, isPaid: boolean): string | null => {
  const { returnUrl, successIndicator, id } = session
  if (returnUrl === null) return null
  const other = createHash("sha256").update(`not paid ${id}`).digest("hex").slice(0, 16)
  const resultIndicator = isPaid ? successIndicator : other
  return withQuery(returnUrl, { resultIndicator, sessionVersion: Views.sessionVersion(session) })
}

const languageFor = (call: Call, { locale }: { readonly locale: string | null }): Language =>
  Page.languageOf(call.url.searchParams.get("lang") ?? locale, call.headers["accept-language"])

const lastFailure = (gateway: Gateway, session: Session): "declined" | "unproven" | null => {
  const last = gateway.order(session.order.id)?.transactions.findLast((one) => one.session === session.id)
  if (last === undefined || now(last).outcome.result !== "FAILURE") return null
  return Standing.typeOf(last) === "AUTHENTICATION" ? "unproven" : "declined"
}

const show = (gateway: Gateway, call: Call, response: ServerResponse, id: string): void => {
  const found = gateway.book.session(id)
  if (found === undefined) return Page.send(response, 404, Pages.unknown(languageFor(call, { locale: null })))
  gateway.open(found)
  const session = gateway.book.session(id) ?? found
  const language = languageFor(call, session)
  const state = gateway.state(session)
  if (state === "challenged") return Page.send(response, 200, Pages.challenge(session, language))
  if (state === "payable") {
    const last = { failed: lastFailure(gateway, session), back: returnTo(session, false) }
    return Page.send(response, 200, Pages.card(session, language, last))
  }
  if (state === "timed-out")
    return Page.send(response, 200, Pages.over(session, language, state, session.timeoutUrl ?? session.cancelUrl))
  const back = returnTo(session, state === "paid")
  if (back !== null && state !== "taken") response.setHeader("refresh", `${receiptSeconds};url=${new URL(back).href}`)
  return Page.send(response, 200, Pages.over(session, language, state, back))
}

const decideIn = async (gateway: Gateway, session: Session, form: URLSearchParams): Promise<boolean> => {
  const decision = form.get("decision")
  const state = gateway.state(session)
  if (decision !== "pay" && decision !== "refuse") return false
  if (state === "challenged") {
    const waiting = gateway.challengeOf(session)
    const card = Cards.all.find(({ challenge }) => challenge)
    if (waiting === undefined || card === undefined) return false
    await gateway.answerChallenge(session, waiting, decision === "pay", card)
    return true
  }
  const card = Cards.named(form.get("card"))
  if (card === undefined) return false
  if (state !== "payable") return true
  gateway.open(session)
  if (decision === "refuse") await gateway.attempt(session, card, Cards.declined)
  else if (session.challenge || card.challenge) await gateway.challenge(session, card)
  else await gateway.attempt(session, card)
  return true
}

const decide = async (gateway: Gateway, call: Call, response: ServerResponse, id: string): Promise<void> => {
  const session = gateway.book.session(id)
  const language = languageFor(call, { locale: null })
  if (session === undefined) return Page.send(response, 404, Pages.unknown(language))
  const isUnderstood = await decideIn(gateway, session, new URLSearchParams(call.body.toString("utf8")))
  const did = isUnderstood ? "payer decided" : "refused"
  const status = isUnderstood ? 303 : 400
  gateway.kit.record(call, { did, numbers: [session.order.id] }, status)
  // The page is asked for anew, so that a reload decides nothing again.
  if (isUnderstood) response.writeHead(303, { location: `${call.url.pathname}${call.url.search}` }).end()
  else Page.send(response, 400, Pages.unknown(language))
}

const script = (response: ServerResponse, text: string): void => {
  response
    .writeHead(200, { "content-type": "text/javascript; charset=utf-8", "x-content-type-options": "nosniff" })
    .end(text)
}

/** Answers what browsers ask for: the checkout's pages, the script that opens them, and a shop that tries it. */
export const handle = async (gateway: Gateway, call: Call, response: ServerResponse): Promise<void> => {
  const { method, url } = call
  const id = /^\/checkout\/(?:pay|entry)\/([A-Z0-9]+)$/.exec(url.pathname)?.[1]
  if (id !== undefined && method === "POST") return decide(gateway, call, response, id)
  if (method !== "GET") {
    response.writeHead(405, { allow: "GET" }).end()
    return
  }
  if (id !== undefined) return show(gateway, call, response, id)
  if (url.pathname === "/static/checkout/checkout.min.js") return script(response, Script.checkout)
  if (url.pathname === "/merchant-demo.js") return script(response, Script.shop)
  const language = languageFor(call, { locale: null })
  if (url.pathname === "/merchant-demo")
    return Page.send(response, 200, Pages.shop(url.searchParams.get("session") ?? "", language), { script: true })
  return Page.send(response, 404, Pages.unknown(language))
}
