/** Groups of digits with at most three characters between them that people write between groups. */
const rows = /\d+(?:[\s./_·-]{1,3}\d+)*/gu
const groups = /\d+/g

/** Which first digits the numbers of each length have that are issued (ISO/IEC 7812; the schemes' own ranges). */
const issued: ReadonlyArray<readonly [least: number, most: number, first: RegExp]> = [
  [13, 13, /^4/],
  [14, 14, /^3[0689]/],
  [15, 15, /^(?:1|3[47]|2131|1800)/],
  [16, 16, /^(?:22|2[3-6]|27[01]|2720|3[0568]|4|5|6|8|9)/],
  [17, 19, /^(?:3[056]|4|5[0678]|6|8)/]
]

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

/** A resident's number of 18 digits with a date of birth in it (GB 11643), which is no card's. */
const resident = /^[1-8]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{4}$/

const isCard = (digits: string): boolean =>
  issued.some(([least, most, first]) => digits.length >= least && digits.length <= most && first.test(digits)) &&
  !resident.test(digits) &&
  isLuhn(digits)

const longest = 19

/** Whether neighbouring groups, from one's beginning to one's end, make a card's number. */
const isInRow = (parts: ReadonlyArray<string>): boolean => {
  for (let from = 0; from < parts.length; from++) {
    let digits = ""
    for (let to = from; to < parts.length && digits.length <= longest; to++) {
      digits += parts[to]
      if (isCard(digits)) return true
    }
  }
  return false
}

/** RFC 9562: some have digits alone in neighbouring groups. */
const uuid = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi

/** Whether a text has digits that look like a card's number: of an issued kind, with the right check digit. */
export const isIn = (text: string): boolean =>
  [...text.normalize("NFKC").replace(uuid, "").matchAll(rows)].some(([row]) => isInRow(row.match(groups) ?? []))

const unescaped = (text: string): string =>
  text
    .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\[nrtbf]/g, " ")
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll("+", " ")

/** Whether a body, a path or a query has a card's number in it, also in a form's or JSON's escapes. */
export const areIn = (...texts: ReadonlyArray<string>): boolean =>
  texts.some((text) => {
    if (isIn(text)) return true
    const plain = unescaped(text)
    return plain !== text && isIn(plain)
  })
