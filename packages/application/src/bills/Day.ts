import { DateTime, Option } from "effect"

const dayMillis = 86_400_000
const hourMillis = 3_600_000

/** A day of a zone, from its first moment until before the next day's. */
export interface Window {
  readonly startMillis: number
  readonly endMillis: number
}

/** Whether a text is a day that the calendar has, like 2026-11-26. */
export const is = (text: string): boolean => {
  const millis = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(millis) && new Date(millis).toISOString().startsWith(text)
}

/** The day that is so many after another, or before it. */
export const after = (day: string, count: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + count * dayMillis).toISOString().slice(0, 10)

/** Whether there is such a zone. */
export const isZone = (zone: string): boolean => Option.isSome(DateTime.zoneMakeNamed(zone))

const zoneOf = (zone: string): DateTime.TimeZone =>
  Option.getOrElse(DateTime.zoneMakeNamed(zone), () => DateTime.zoneMakeOffset(0))

const startMillis = (day: string, zone: string): number => {
  const [year = 0, month = 1, dayOfMonth = 1] = day.split("-").map(Number)
  const start = DateTime.makeZoned(
    { year, month, day: dayOfMonth },
    { timeZone: zoneOf(zone), adjustForTimeZone: true }
  )
  return Option.match(start, { onNone: () => Date.parse(`${day}T00:00:00Z`), onSome: DateTime.toEpochMillis })
}

/** When a day begins and ends in a zone; it has 23 or 25 hours where clocks are changed. */
export const window = (day: string, zone: string): Window => ({
  startMillis: startMillis(day, zone),
  endMillis: startMillis(after(day, 1), zone)
})

/** The day that a zone has at a moment. */
export const of = (millis: number, zone: string): string =>
  DateTime.formatIsoDate(DateTime.unsafeMakeZoned(millis, { timeZone: zoneOf(zone) }))

/** When a day's bill is due: at an hour of the next day. */
export const dueMillis = (day: string, zone: string, hour: number): number =>
  window(day, zone).endMillis + hour * hourMillis
