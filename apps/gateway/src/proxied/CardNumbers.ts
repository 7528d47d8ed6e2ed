/** Digits in a row, perhaps in groups: 13 to 19 of them (ISO/IEC 7812). */
const runs = /(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d])/g

/** The check digit of ISO/IEC 7812-1 annex B. */
const isLuhn = (digits: string): boolean => {
  let sum = 0
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48
    const weighed = at % 2 === 0 ? digit : digit * 2
    sum += weighed > 9 ? weighed - 9 : weighed
  }
  return sum % 10 === 0
}

/** A date in front, as business numbers and timestamps have it: no issuer's numbers begin so. */
const dated = /^20[2-9]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])/

/** No card's number begins with 0, and with 1 only those of 15 digits that airlines issue: milliseconds since the epoch do. */
const isIssued = (digits: string): boolean =>
  !digits.startsWith("0") && (!digits.startsWith("1") || digits.length === 15) && !dated.test(digits)

/** Whether a text has digits that look like a card's number. */
export const isIn = (text: string): boolean => {
  for (const [run] of text.matchAll(runs)) {
    const digits = run.replace(/[ -]/g, "")
    if (isIssued(digits) && isLuhn(digits)) return true
  }
  return false
}

/** Whether a body has a card's number in it, also in a form's or JSON's escapes. */
export const areInBody = (body: Uint8Array): boolean => {
  const text = new TextDecoder().decode(body)
  if (isIn(text)) return true
  const unescaped = text
    .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll("+", " ")
  return unescaped !== text && isIn(unescaped)
}
