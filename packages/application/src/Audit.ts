import { OrderNo } from "@payment-proxy/domain"
import { type Found, type FoundEntry, type FoundRow, Histories } from "@payment-proxy/ports"
import { Effect } from "effect"
import { Chain } from "./Chain.ts"

/** What can be wrong with a history. */
export const faults = ["ALTERED", "MISSING", "INSERTED", "TRUNCATED", "ROW_DIFFERS", "UNCHAINED"] as const

/** The first broken link of an order: from this version on nothing proves what its history says. */
export interface Fault {
  readonly payOrderNo: string
  readonly version: number
  readonly fault: (typeof faults)[number]
  /** What is wrong, without anything that the rows say. */
  readonly detail: string
}

/** How far an audit has come, and what it has found. */
export interface Progress {
  /** Payments and refunds. */
  readonly orders: number
  readonly entries: number
  /** Entries from before the chain, which nothing proves: their number never rises. */
  readonly unchained: number
  readonly faults: number
}

/** An audit's outcome. */
export interface Report extends Progress {
  /** The key and the time since which histories are chained: to be compared with what was noted at the installation. */
  readonly keyId: string
  readonly sinceMillis: number
  /** The first ones, by order number; `faults` counts them all. */
  readonly found: ReadonlyArray<Fault>
}

/** How an audit runs. */
export interface Options {
  /** Orders at once. */
  readonly pageSize?: number
  /** Faults that are kept for the report. */
  readonly maxFound?: number
  readonly onProgress?: (progress: Progress) => Effect.Effect<void>
  /** Only the order or refund of this number, and the order's refunds. */
  readonly number?: string | undefined
}

type Broken = Omit<Fault, "payOrderNo">
type Walk = { readonly previous: string | null; readonly unchained: number } | Broken

const broken = (version: number, fault: Fault["fault"], detail: string): Broken => ({ version, fault, detail })

const isBroken = (walk: Walk): walk is Broken => "fault" in walk

/** Whether an order may have entries that are not chained: it is older than the chain. Refunds have rows since there is one. */
const isOlder = (payOrderNo: string, sinceMillis: number): boolean =>
  OrderNo.is(payOrderNo) && OrderNo.timeMillis(payOrderNo) < sinceMillis

const misplaced = (expected: number, { version }: FoundEntry, row: FoundRow | null): Broken | null => {
  if (row !== null && expected > row.version)
    return broken(version, "INSERTED", `The order's row is of version ${row.version}.`)
  if (version === expected) return null
  return version > expected
    ? broken(expected, "MISSING", `The entry is gone: the next one is of version ${version}.`)
    : broken(version, "INSERTED", "There is no such version, or twice.")
}

const forged = (hash: string, keyId: string): string =>
  hash.startsWith(`${keyId}.`)
    ? "Its hash is not that of what it says after the entry before it."
    : "Its hash is not of this installation's audit key."

/** The entries from the first to the last, or to the first that is not as it was written. */
const walk = ({ payOrderNo, entries, row }: Found, chain: Chain["Type"]): Walk => {
  let previous: string | null = null
  let unchained = 0
  for (const [index, entry] of entries.entries()) {
    const wrong = misplaced(index + 1, entry, row)
    if (wrong !== null) return wrong
    const { version, hash } = entry
    if (hash === null) {
      if (previous !== null || !isOlder(payOrderNo, chain.sinceMillis))
        return broken(version, "UNCHAINED", "It has no hash, and is younger than the chain.")
      unchained += 1
    } else if (chain.holds(previous, { payOrderNo, ...entry }, hash)) previous = hash
    else return broken(version, row === null ? "INSERTED" : "ALTERED", forged(hash, chain.keyId))
  }
  return { previous, unchained }
}

/** Whether an order's row says what its history ends with. */
const ended = ({ payOrderNo, entries }: Found, row: FoundRow | null, previous: string | null): Broken | null => {
  const last = entries.at(-1)
  if (row === null)
    return broken(last?.version ?? 1, "MISSING", "The order's own row is gone; its history is as it was written.")
  if (last === undefined) return broken(1, "MISSING", "The whole history is gone.")
  if (last.version < row.version)
    return broken(last.version + 1, "TRUNCATED", `The history ends before the order's version ${row.version}.`)
  if (row.head !== previous)
    return broken(
      last.version,
      "TRUNCATED",
      "The order's row has another hash than the one that its history ends with."
    )
  if (row.state !== last.state)
    return broken(
      last.version,
      "ROW_DIFFERS",
      `The order's row says ${row.state}, its history ends with ${last.state}.`
    )
  return row.isRefund === (OrderNo.paymentOf(payOrderNo) !== null)
    ? null
    : broken(last.version, "ROW_DIFFERS", "A refund's row says that it is a payment, or the other way round.")
}

/** One order: its first broken link, or how many of its entries are older than the chain. */
export const examine = (found: Found, chain: Chain["Type"]): Broken | number => {
  const walked = walk(found, chain)
  if (isBroken(walked)) return walked
  return ended(found, found.row, walked.previous) ?? walked.unchained
}

/** What no number is between and this one. */
const justBelow = (number: string): string =>
  `${number.slice(0, -1)}${String.fromCharCode(number.charCodeAt(number.length - 1) - 1)}~`

/**
 * Looks whether every payment's and refund's history is as it was written, also what has been moved out: page by page, in
 * bounded memory, beside running processes. What it cannot see is an order that was put back whole to an earlier version, or
 * removed whole (docs/adr/0024).
 */
export const verify = Effect.fnUntraced(function* ({
  pageSize = 200,
  maxFound = 1000,
  onProgress,
  number
}: Options = {}) {
  const histories = yield* Histories
  const chain = yield* Chain
  const found: Array<Fault> = []
  let progress: Progress = { orders: 0, entries: 0, unchained: 0, faults: 0 }
  const isMeant = ({ payOrderNo }: Found): boolean =>
    number === undefined || payOrderNo === number || OrderNo.paymentOf(payOrderNo) === number
  let after: string | null = number === undefined ? null : justBelow(number)
  for (;;) {
    const all: ReadonlyArray<Found> = yield* histories.page(after, pageSize)
    const page = all.filter(isMeant)
    let { orders, entries, unchained, faults } = progress
    for (const one of page) {
      const outcome = examine(one, chain)
      orders += 1
      entries += one.entries.length
      if (typeof outcome === "number") unchained += outcome
      else {
        faults += 1
        if (found.length < maxFound) found.push({ payOrderNo: one.payOrderNo, ...outcome })
      }
    }
    progress = { orders, entries, unchained, faults }
    if (onProgress !== undefined) yield* onProgress(progress)
    after = page.at(-1)?.payOrderNo ?? null
    if (after === null || page.length < pageSize) break
  }
  const report: Report = { ...progress, keyId: chain.keyId, sinceMillis: chain.sinceMillis, found }
  return report
})
