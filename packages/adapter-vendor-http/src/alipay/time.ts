/** Beijing is 8 hours ahead of UTC the whole year. */
const beijingMillis = 28_800_000

/** A moment, in milliseconds since the epoch, as Alipay writes it: `yyyy-MM-dd HH:mm:ss` in Beijing. */
export const beijing = (millis: number): string =>
  new Date(millis + beijingMillis).toISOString().slice(0, 19).replace("T", " ")

/** The moment that Alipay wrote, in milliseconds since the epoch; null where it is none. Fractions of a second are dropped. */
export const millisOf = (text: string): number | null => {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?$/.exec(text) ?? []
  const millis = Date.parse(`${day}T${time}+08:00`)
  return millis >= 0 && beijing(millis) === `${day} ${time}` ? millis : null
}

/** The moment at which a day (yyyy-MM-dd) begins in Beijing, in milliseconds since the epoch; null where it is none. */
export const dayMillis = (day: string): number | null => millisOf(`${day} 00:00:00`)
