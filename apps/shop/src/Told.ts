import type { Event, Refusal } from "./Events.ts"
import { empty, escaped, page, part } from "./Page.ts"
import { badge, clock, link, money } from "./Shown.ts"
import type { Language } from "./Wares.ts"
import { words } from "./Words.ts"

const printed = ({ type, timestamp, data }: Event): string => JSON.stringify({ type, timestamp, data }, null, 2)

const row = (language: Language, event: Event, isOfOne: boolean): string => {
  const said = words[language]
  const { id, type, payOrderNo, amount, version, duplicates, isLate, receivedAt } = event
  const known = [
    isOfOne || payOrderNo === null ? "" : link(payOrderNo),
    event.state === null ? "" : `<span>${escaped(event.state)}</span>`,
    amount === null ? "" : `<span>${money(amount)}</span>`,
    version === null ? "" : `<span class="soft">${said.version} ${version}</span>`
  ]
  const oddities = [
    duplicates === 0 ? "" : badge({ tone: "wait", state: said.repeated(duplicates) }),
    isLate ? badge({ tone: "doubt", state: said.late }) : ""
  ]
  return `<li class="event"><div class="facts"><b>${escaped(type)}</b>${badge({ tone: "good", state: `✓ ${said.verified}` })}${oddities.join("")}</div>
<div class="facts">${known.join("")}${clock(receivedAt)}</div>
<details id="body-${escaped(id)}"><summary id="open-${escaped(id)}">${said.body}</summary><pre tabindex="0">webhook-id: ${escaped(id)}\n\n${escaped(printed(event))}</pre></details></li>`
}

const refusalRow = (language: Language, { receivedAt, reason }: Refusal): string =>
  `<li class="event"><div class="facts">${badge({ tone: "bad", state: `✕ ${words[language].unverified}` })}${clock(receivedAt)}</div><div class="soft">${escaped(reason)}</div></li>`

const byTime = (a: readonly [string, string], b: readonly [string, string]): number => b[0].localeCompare(a[0])

/** Events as they came, newest first, with what was refused; where all are of one order, its number is left out. */
export const list = (
  language: Language,
  events: ReadonlyArray<Event>,
  { isOfOne, refusals }: { readonly isOfOne: boolean; readonly refusals: ReadonlyArray<Refusal> }
): string => {
  const rows = [
    ...events.map((event) => [event.receivedAt, row(language, event, isOfOne)] as const),
    ...refusals.map((refusal) => [refusal.receivedAt, refusalRow(language, refusal)] as const)
  ]
  if (rows.length === 0) return empty(words[language].empty)
  const sorted = refusals.length === 0 ? rows : rows.sort(byTime)
  return `<ol class="events">${sorted.map(([, html]) => html).join("\n")}</ol>`
}

/** All that the shop was told, as it arrives. */
export const told = (
  language: Language,
  events: ReadonlyArray<Event>,
  refused: { readonly count: number; readonly last: ReadonlyArray<Refusal> }
): string => {
  const { told, toldLead, refused: said } = words[language]
  const warning = refused.count === 0 ? "" : said(refused.count)
  const shown = list(language, events, { isOfOne: false, refusals: refused.last })
  const body = `<h1>${told}</h1>\n<p class="lead">${toldLead}</p>
${part("refused", warning === "" ? "" : "card notice bad", warning)}
${part("events", "card wide", shown)}`
  return page({ language, title: told, body, place: "told", live: "/live" })
}
