import type { Order } from "@payment-proxy/client/promise"
import type { Event } from "./Events.ts"
import type { Language } from "./Wares.ts"
import { words } from "./Words.ts"

/** How a customer is told of an order: in a word, in a sentence, and how it feels. */
export interface Story {
  readonly tone: "good" | "wait" | "bad" | "doubt" | "gone"
  /** HTML. */
  readonly sign: string
  readonly state: string
  readonly sentence: string
  /** How many of the steps ordered, paid, insured are behind. */
  readonly steps: number
}

const looks: { readonly [state: string]: readonly [tone: Story["tone"], sign: string, steps: number] } = {
  CREATED: ["wait", "…", 1],
  SUBMITTING: ["wait", "…", 1],
  PENDING: ["wait", "¥", 1],
  AUTHORIZED: ["wait", "…", 1],
  SUCCEEDED: ["good", "✓", 3],
  PARTIALLY_REFUNDED: ["good", "↩", 3],
  REFUNDED: ["gone", "↩", 0],
  FAILED: ["bad", "✕", 0],
  CLOSING: ["gone", "…", 0],
  CLOSED: ["gone", "–", 0],
  LATE_PAID: ["doubt", "!", 0],
  HELD: ["doubt", "!", 0]
}

const clock = `<svg viewBox="0 0 24 24" width="28" height="28"><circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" stroke-width="2"/><path d="M12 7v5l3.5 2" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/></svg>`

const undecided: ReadonlyArray<string> = ["CREATED", "SUBMITTING", "PENDING", "AUTHORIZED", "CLOSING"]

const texts = (of: { readonly [state: string]: string }, state: string): string => of[state] ?? state

/** The story of an order that is known by its state alone. */
export const ofState = (language: Language, state: string): Story => {
  const said = words[language]
  const [tone, sign, steps] = looks[state] ?? ["gone", "…", 0]
  return { tone, sign, steps, state: texts(said.states, state), sentence: texts(said.stories, state) }
}

/** Whether its time was over when it was closed; as far as the shop was told. */
const isExpired = ({ status, expiresAt }: Order, events: ReadonlyArray<Event>): boolean => {
  const closed = events.find(({ type }) => type === "order.closed")?.timestamp
  return status === "CLOSED" && typeof closed === "string" && Date.parse(closed) >= Date.parse(expiresAt)
}

/** The story of an order, with what the shop was told of it. */
export const ofOrder = (language: Language, order: Order, events: ReadonlyArray<Event>): Story => {
  const said = words[language]
  const story = ofState(language, order.status)
  if (order.inDoubt && undecided.includes(order.status))
    return { ...story, tone: "doubt", sign: "?", state: said.doubtState, sentence: said.doubt }
  if (order.status === "PENDING" && order.amount.currency !== "CNY") return { ...story, sign: "$" }
  return isExpired(order, events) ? { ...story, sign: clock, state: said.expiredState, sentence: said.expired } : story
}
