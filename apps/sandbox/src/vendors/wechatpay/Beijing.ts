const offsetMillis = 8 * 3_600_000
const dayMillis = 24 * 3_600_000

const wall = (millis: number): string => new Date(millis + offsetMillis).toISOString()

/** A time as the API writes it: RFC 3339, of Beijing, in whole seconds. */
export const text = (millis: number): string => `${wall(millis).slice(0, 19)}+08:00`

/** A time as the bills write it: of Beijing, without an offset. */
export const billText = (millis: number): string => wall(millis).slice(0, 19).replace("T", " ")

/** The day of a time in Beijing, yyyy-MM-dd. */
export const day = (millis: number): string => wall(millis).slice(0, 10)

/** When a day (yyyy-MM-dd) begins in Beijing, in milliseconds since the epoch; `undefined` where there is no such day. */
export const dayStart = (date: string): number | undefined => {
  const millis = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00+08:00`) : Number.NaN
  return Number.isNaN(millis) || day(millis) !== date ? undefined : millis
}

/** When a day (yyyy-MM-dd) is over in Beijing, in milliseconds since the epoch. */
export const dayEnd = (startMillis: number): number => startMillis + dayMillis
