import type { Duration } from "effect"
import { Duration as D } from "effect"

/** When a row needs us, and whose it is meanwhile. Times are milliseconds since the epoch. */
export interface Due {
  readonly atMillis: number | null
  readonly token: string | null
  readonly leaseEndMillis: number
  readonly tries: number
}

/** Due `after` from now, nobody's, and not yet tried; never where `after` is null. */
export const make = (nowMillis: number, after: Duration.Duration | null): Due => ({
  atMillis: after === null ? null : nowMillis + D.toMillis(after),
  token: null,
  leaseEndMillis: 0,
  tries: 0
})

/** The row after a commit: one that is due and nobody's stays due, unless it is put off. */
export const committed = (
  due: Due,
  nowMillis: number,
  { dueIn, putsOff }: { readonly dueIn: Duration.Duration | null; readonly putsOff: boolean }
): Due =>
  !putsOff && isOpen(due, nowMillis) ? { ...make(nowMillis, null), atMillis: due.atMillis } : make(nowMillis, dueIn)

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

/** Due again `after` from now, nobody's, with one try more. */
export const postponed = (due: Due, nowMillis: number, after: Duration.Duration): Due => ({
  ...make(nowMillis, after),
  tries: due.tries + 1
})
