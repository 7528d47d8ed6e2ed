import type { Change } from "@payment-proxy/ports"
import type { Duration } from "effect"
import { Duration as D } from "effect"

/** When a row needs us, and whose it is meanwhile. Times are milliseconds since the epoch. */
export interface Due {
  readonly atMillis: number | null
  readonly token: string | null
  readonly leaseEndMillis: number
  readonly tries: number
  /** The vendor is to be asked before anything else is sent. */
  readonly isQueryOwed: boolean
}

/** Due `after` from now, nobody's, and not yet tried; never where `after` is null. */
export const make = (nowMillis: number, after: Duration.Duration | null): Due => ({
  atMillis: after === null ? null : nowMillis + D.toMillis(after),
  token: null,
  leaseEndMillis: 0,
  tries: 0,
  isQueryOwed: false
})

type Committed = Pick<Change, "dueIn" | "putsOff" | "owesQuery" | "askedBy">

/**
 * The row after a commit: one that is due and nobody's stays due, unless it is put off; a query that is owed is settled by who holds
 * the row, and until then it stays due, whatever the commit says.
 */
export const committed = (due: Due, nowMillis: number, { dueIn, putsOff, owesQuery, askedBy }: Committed): Due => {
  const isSettled = askedBy !== null && due.token === askedBy
  const next =
    !putsOff && isOpen(due, nowMillis) ? { ...make(nowMillis, null), atMillis: due.atMillis } : make(nowMillis, dueIn)
  const isStillOwed = due.isQueryOwed && !isSettled
  const atMillis = next.atMillis ?? (isStillOwed ? due.atMillis : null)
  return { ...next, atMillis, isQueryOwed: owesQuery || isStillOwed }
}

/** Due now, nobody's, and its vendor is to be asked. */
export const hastened = (nowMillis: number): Due => ({ ...make(nowMillis, D.zero), isQueryOwed: true })

/** Whether `token` is the row's and its lease has not ended. */
export const holds = (due: Due, token: string, nowMillis: number): boolean =>
  due.token === token && nowMillis < due.leaseEndMillis

/** Whether the row is due and nobody's. */
export const isOpen = (due: Due, nowMillis: number): boolean =>
  due.atMillis !== null && due.atMillis <= nowMillis && (due.token === null || due.leaseEndMillis <= nowMillis)

/** The row as `token`'s for `lease`. */
export const leased = (due: Due, token: string, nowMillis: number, lease: Duration.Duration): Due => ({
  ...due,
  token,
  leaseEndMillis: nowMillis + D.toMillis(lease)
})

/** Due again `after` from now, nobody's, with one try more; it owes what its claim says. */
export const postponed = (
  due: Due,
  nowMillis: number,
  after: Duration.Duration,
  { isQueryOwed }: Pick<Due, "isQueryOwed">
): Due => ({ ...make(nowMillis, after), tries: due.tries + 1, isQueryOwed })
