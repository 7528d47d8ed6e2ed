const maxMillis = 24 * 60 * 60 * 1000
const seconds = /^\d{1,64}$/
const imfFixdate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/

const clamp = (millis: number): number => Math.min(Math.max(millis, 0), maxMillis)

/**
 * How long a `Retry-After` asks to wait, in milliseconds from 0 to 24 h: seconds or an IMF-fixdate (RFC 9110 §10.2.3);
 * `null` for anything else.
 */
export const parse = (header: string | undefined, nowMillis: number): number | null => {
  const text = header?.trim() ?? ""
  if (seconds.test(text)) return clamp(Number(text) * 1000)
  const atMillis = imfFixdate.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMillis) ? null : clamp(atMillis - nowMillis)
}
