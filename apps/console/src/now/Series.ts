import type { Overview } from "../overview.ts"

/** One line of a chart: a value for each minute, null where there is none to tell. */
export type Series = { readonly name: string; readonly values: ReadonlyArray<number | null> }

export type Minute = Overview["vendors"][number]["minutes"][number]

/** What a chart shows of a minute. */
export type Measure = (minute: Minute) => number | null

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/** Orders that were placed. */
export const placed: Measure = ({ placed }) => placed
/** Paid, of those that were paid or failed; null where none was. */
export const success: Measure = ({ succeeded, failed }) => share(succeeded, succeeded + failed)
/** Calls without a definite answer, of all; null where there was none. */
export const errors: Measure = ({ errors, calls }) => share(errors, calls)
/** Half of the calls took no longer. */
export const p50: Measure = ({ p50Millis }) => p50Millis
/** All but one in a hundred took no longer. */
export const p99: Measure = ({ p99Millis }) => p99Millis

/** A measure of every vendor. */
export const of = (vendors: Overview["vendors"], measure: Measure): ReadonlyArray<Series> =>
  vendors.map(({ vendor, minutes }) => ({ name: vendor, values: minutes.map(measure) }))

/** Whether nothing at all happened in the hour. */
export const isQuiet = (vendors: Overview["vendors"]): boolean =>
  vendors.every(({ minutes }) =>
    minutes.every(({ placed, succeeded, failed, calls }) => placed + succeeded + failed + calls === 0)
  )

const sum = (values: ReadonlyArray<number>): number => values.reduce((total, value) => total + value, 0)

/** Orders placed by all vendors in the minute that is so many back: 0 is the running one. */
export const placedBack = (vendors: Overview["vendors"], back: number): number =>
  sum(vendors.map(({ minutes }) => minutes.at(-1 - back)?.placed ?? 0))

/** The share of paid among what ended in the last minutes, with the running one; null where nothing ended. */
export const recentSuccess = (vendors: Overview["vendors"], minutes: number): number | null => {
  const recent = vendors.flatMap((vendor) => vendor.minutes.slice(-minutes))
  const succeeded = sum(recent.map((minute) => minute.succeeded))
  return share(succeeded, succeeded + sum(recent.map(({ failed }) => failed)))
}

/** Runs of neighbouring values, as indices: a line breaks where there is no value. */
export const runs = (values: ReadonlyArray<number | null>): ReadonlyArray<ReadonlyArray<number>> => {
  const found: Array<Array<number>> = []
  values.forEach((value, at) => {
    if (value === null) return
    const last = found.at(-1)
    if (last?.at(-1) === at - 1) last.push(at)
    else found.push([at])
  })
  return found
}
