const offsetMillis = 8 * 3_600_000

const isoOf = (millis: number): string => new Date(millis + offsetMillis).toISOString()

/** The time in Beijing, as `yyyy-MM-dd HH:mm:ss`. */
export const text = (millis: number): string => isoOf(millis).slice(0, 19).replace("T", " ")

/** The time in Beijing, as `yyyy-MM-dd HH:mm:ss.SSS`. */
export const textWithMillis = (millis: number): string => isoOf(millis).slice(0, 23).replace("T", " ")

/** The day in Beijing, as `yyyy-MM-dd`. */
export const day = (millis: number): string => isoOf(millis).slice(0, 10)

/** Milliseconds since the epoch of a time in Beijing, `yyyy-MM-dd HH:mm:ss`; `undefined` where it is written otherwise or there is no such time. */
export const millisOf = (time: string): number | undefined => {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(time)) return undefined
  const millis = Date.parse(`${time.replace(" ", "T")}+08:00`)
  return Number.isNaN(millis) || text(millis) !== time ? undefined : millis
}

/** The last millisecond of a time's day in Beijing. */
export const endOfDay = (millis: number): number => Date.parse(`${day(millis)}T00:00:00+08:00`) + 86_400_000 - 1
