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
  /** Heads that were written down before and kept elsewhere, by number: what they name must be there still, and go on from them. */
  readonly heads?: Iterable<Head> | undefined
}

/** What an order's history ended with at some time: who keeps it elsewhere sees whether the order was removed or put back since. */
export interface Head {
  readonly payOrderNo: string
  readonly version: number
  readonly hash: string
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

/** Whether an order still has what it ended with when its head was written down. */
const wentOnFrom = (head: Head, { entries }: Found): Broken | null => {
  const then = entries.find(({ version }) => version === head.version)
  if (then === undefined)
    return broken(head.version, "TRUNCATED", "Its history had this version when heads were written down.")
  return then.hash === head.hash
    ? null
    : broken(head.version, "ALTERED", "Its entry had another hash when heads were written down.")
}

/** Heads beside orders, both by number: those that no order answers to any more, and what is wrong with those that one does. */
const beside = (heads: Iterable<Head>) => {
  const all = heads[Symbol.iterator]()
  let next = all.next()
  const gone = (until: string | null): ReadonlyArray<Fault> => {
    const missing: Array<Fault> = []
    for (; next.done !== true && (until === null || next.value.payOrderNo < until); next = all.next())
      missing.push({
        payOrderNo: next.value.payOrderNo,
        ...broken(next.value.version, "MISSING", "The order was there when heads were written down.")
      })
    return missing
  }
  return {
    gone,
    /** What is wrong with this order by its head, where it has one; those before it that are gone are to be asked for first. */
    of: (found: Found): Broken | null => {
      if (next.done === true || next.value.payOrderNo !== found.payOrderNo) return null
      const head = next.value
      next = all.next()
      return wentOnFrom(head, found)
    }
  }
}

/** Hands over the heads of all orders and refunds, page by page, by number. */
export const heads = Effect.fnUntraced(function* <E, R>(
  take: (heads: ReadonlyArray<Head>) => Effect.Effect<void, E, R>,
  pageSize = 200
) {
  const histories = yield* Histories
  let count = 0
  let after: string | null = null
  for (;;) {
    const page: ReadonlyArray<Found> = yield* histories.page(after, pageSize)
    const found = page.flatMap(({ payOrderNo, entries }) => {
      const last = entries.at(-1)
      return last === undefined || last.hash === null ? [] : [{ payOrderNo, version: last.version, hash: last.hash }]
    })
    if (found.length > 0) yield* take(found)
    count += found.length
    after = page.at(-1)?.payOrderNo ?? null
    if (after === null || page.length < pageSize) return count
  }
})

/**
 * Looks whether every payment's and refund's history is as it was written, also what has been moved out: page by page, in
 * bounded memory, beside running processes. That an order was removed whole, or put back whole to an earlier version, shows by
 * `heads` alone (docs/adr/0024).
 */
export const verify = Effect.fnUntraced(function* ({
  pageSize = 200,
  maxFound = 1000,
  onProgress,
  number,
  heads: known = []
}: Options = {}) {
  const histories = yield* Histories
  const chain = yield* Chain
  const noted = beside(known)
  const found: Array<Fault> = []
  let progress: Progress = { orders: 0, entries: 0, unchained: 0, faults: 0 }
  const isMeant = ({ payOrderNo }: Found): boolean =>
    number === undefined || payOrderNo === number || OrderNo.paymentOf(payOrderNo) === number
  const tell = (faults: ReadonlyArray<Fault>): void => {
    progress = { ...progress, faults: progress.faults + faults.length }
    found.push(...faults.slice(0, Math.max(maxFound - found.length, 0)))
  }
  let after: string | null = number === undefined ? null : justBelow(number)
  for (;;) {
    const all: ReadonlyArray<Found> = yield* histories.page(after, pageSize)
    const page = all.filter(isMeant)
    for (const one of page) {
      tell(noted.gone(one.payOrderNo))
      const examined = examine(one, chain)
      const byHead = noted.of(one)
      const outcome = typeof examined === "number" ? (byHead ?? examined) : examined
      const { orders, entries, unchained } = progress
      progress = {
        ...progress,
        orders: orders + 1,
        entries: entries + one.entries.length,
        unchained: unchained + (typeof outcome === "number" ? outcome : 0)
      }
      if (typeof outcome !== "number") tell([{ payOrderNo: one.payOrderNo, ...outcome }])
    }
    if (onProgress !== undefined) yield* onProgress(progress)
    after = page.at(-1)?.payOrderNo ?? null
    if (after === null || page.length < pageSize) break
  }
  tell(noted.gone(null))
  const report: Report = { ...progress, keyId: chain.keyId, sinceMillis: chain.sinceMillis, found }
  return report
})
