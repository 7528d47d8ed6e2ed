/** The most of an answer that is kept, in characters. */
export const maxKept = 4096

/** What may be read of an answer: words by which a payment is found again, how it stands, and what went wrong. */
const readable =
  /(?:^|[_\-.])(?:id|no|number|status|state|code|sub_code|type|kind|method|scene|mode|result|currency|amount|total|refunded|fee|time|date|at|version|page|count|rel)$|(?:^|[_\-.])(?:out_trade_no|trade_no)$/

/** What may never be read, whatever else its name says: who pays, by what, and what proves who we are. */
const hidden =
  /phone|mobile|mail|open_?id|union_?id|buyer|payer|customer|consumer|passport|identity|certificate|id_?card|token|secret|signature|password|credential|cookie|session|holder|iban|account|address|birth|device|redirect|(?:^|[_\-.])(?:pan|card|acct|tel|name|user|addr|cert|key|sign|nonce|pwd|pin|cvv|cvc|auth|authorization|ip|bank|url|href|qr|code_url|qr_code)(?:$|[_\-.])/

/** What is longer is no name. */
const maxName = 80

/** `outTradeNo` and `OUT-TRADE-NO` are `out_trade_no`. */
const plain = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase()

interface Judged {
  readonly isHidden: boolean
  readonly isReadable: boolean
}

/** Names come again and again, with each answer of a vendor: what may be read of one is told once. */
const judged = new Map<string, Judged>()
const mostJudged = 4096

const judge = (name: string): Judged => {
  const known = judged.get(name)
  if (known !== undefined) return known
  const key = plain(name)
  const told = { isHidden: hidden.test(key), isReadable: readable.test(key) }
  if (judged.size >= mostJudged) judged.clear()
  if (name.length <= maxName) judged.set(name, told)
  return told
}

const isCardLike = (digits: string): boolean => {
  if (!/^\d{13,19}$/.test(digits)) return false
  const sum = [...digits].reverse().reduce((all, digit, at) => {
    const value = Number(digit) * (at % 2 === 0 ? 1 : 2)
    return all + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/** A mobile phone or an identity card of mainland China (GB 11643, with its check digit), which stand in many a field. */
const isPersonLike = (digits: string): boolean =>
  /^(?:86)?1[3-9]\d{9}$/.test(digits) ||
  (/^\d{17}[\dXx]$/.test(digits) &&
    "10X98765432"[weights.reduce((sum, weight, at) => sum + weight * Number(digits[at]), 0) % 11] ===
      digits.slice(-1).toUpperCase())

/** Nothing shorter is a phone, a card or an identity card. */
const leastTelling = 11

const isTelling = (value: string): boolean => {
  if (value.length < leastTelling) return false
  const digits = value.replaceAll("-", "")
  return isCardLike(digits) || isPersonLike(digits)
}

/** A word, a number, a time or an amount as machines write them: nothing that a person would write. */
const isPlainValue = (value: string): boolean =>
  (/^[A-Za-z][A-Za-z_.-]{0,47}\d{0,4}$/.test(value) ||
    /^[\w-]{1,64}$/.test(value) ||
    /^-?\d{1,15}(?:\.\d{1,8})?$/.test(value) ||
    /^\d{4}-\d\d-\d\d[T ][\d:.]{5,15}(?:Z|[+-]\d\d:?\d\d)?$/.test(value)) &&
  !isTelling(value)

const shown = (name: string, value: string): string => {
  if (value === "") return ""
  const { isHidden, isReadable } = judge(name)
  return !isHidden && isReadable && isPlainValue(value) ? value : "…"
}

/** A number of so many digits is no amount and no count; it is shown where its name says what it is. */
const longNumber = /\d{10}/

const isShownNumber = (name: string, number: string): boolean => {
  const { isHidden, isReadable } = judge(name)
  return !isHidden && !isTelling(number) && (isReadable || !longNumber.test(number))
}

const plainName = /^[\w.$ :@[\]-]{1,80}$/
/** Texts, numbers, brackets and words of JSON, and what is none of it; commas, colons and blanks stay as they are. */
const jsonToken = /"((?:[^"\\]|\\.)*)("?)(\s*:(?!\s*,))?|(-?\d[\d.eE+-]*)|[{}[\]]|([^\s"{}[\],:]+)/g

const word = /^(?:true|false|null)$/

/** What stands in something that may not be read is not read either; what is no JSON is not shown. */
const json = (text: string): string => {
  const within: Array<boolean> = []
  /** Of what comes next, where that is a member. */
  let name = ""
  const isHidden = (): boolean => within.at(-1) === true
  const scalar = (token: string, said?: string, end?: string, number?: string, other?: string): string => {
    if (said !== undefined)
      return `"${isHidden() && said !== "" ? "…" : shown(name, said).replace(/["\\]/g, "'")}${end ?? ""}`
    if (number !== undefined) return !isHidden() && isShownNumber(name, number) ? number : '"…"'
    return other === undefined || word.test(other) ? token : "…"
  }
  return text.replace(
    jsonToken,
    (token: string, said?: string, end?: string, colon?: string, number?: string, other?: string): string => {
      if (colon !== undefined) {
        name = said ?? ""
        return plainName.test(name) ? token : `"…"${colon}`
      }
      const told = scalar(token, said, end, number, other)
      const isBracket = /^[{}[\]]$/.test(token)
      if (token === "{" || token === "[") within.push(isHidden() || judge(name).isHidden)
      else if (isBracket) within.pop()
      // What is no JSON may go on with what may not be read.
      if (isBracket || !judge(name).isHidden) name = ""
      return told
    }
  )
}

const form = (text: string): string =>
  text
    .split("&")
    .map((pair) => {
      const at = pair.indexOf("=")
      const name = pair.slice(0, Math.max(at, 0))
      return plainName.test(name) ? `${name}=${shown(name, decoded(pair.slice(at + 1)))}` : "…"
    })
    .join("&")

/** Sections, comments, tags and texts of XML and HTML. */
const markupToken =
  /<!\[CDATA\[([\s\S]*?)(?:\]\]>|$)|<!--[\s\S]*?(?:-->|$)|<(\/?)([A-Za-z_][\w.:-]{0,80})[^>]*?(\/?)(?:>|$)|<[!?][^>]*(?:>|$)|([^<]+)|</g

/** Tags without what else they say; what stands in an element that may be read, where elements have names that say what they are. */
const markup = (text: string, isNamed: boolean): string => {
  const within: Array<string> = []
  const told = (value: string): string => {
    const isHidden = !isNamed || within.some((name) => judge(name).isHidden)
    return isHidden ? "…" : shown(within.at(-1) ?? "", value.trim())
  }
  return text.replace(
    markupToken,
    (token: string, section?: string, close?: string, name?: string, empty?: string, said?: string): string => {
      if (section !== undefined) return section === "" ? "" : told(section)
      if (said !== undefined) return said.trim() === "" ? said : told(said)
      if (name === undefined) return token === "<" ? "…" : "<!>"
      if (close === "/") within.pop()
      else if (empty !== "/") within.push(name.replace(/^.*:/, ""))
      return `<${close}${name}${empty}>`
    }
  )
}

const read = (text: string): string => {
  const start = text.trimStart()
  if (start.startsWith("{") || start.startsWith("[")) return json(text)
  if (start.startsWith("<")) return markup(text, /^<xml|^<\?xml/i.test(start))
  return /^[\w.-]{1,80}=/.test(start) && !/\s/.test(start) ? form(text) : `… (${text.length} characters)`
}

/**
 * What someone said, for operators to read: its shape, how it stands with the payment, by what it is found, and nothing that
 * somebody could be known by or that opens anything. JSON, XML and forms by their names: each value that is not known to be
 * harmless is `…`. Texts for people may repeat what a payer wrote: none is shown. At most 4096 characters are looked at.
 */
export const redacted = (text: string): string =>
  text === ""
    ? ""
    : read(text.slice(0, maxKept))
        .toWellFormed()
        .replace(/(?![\n\t])\p{Cc}/gu, " ")
        // Whatever it stands in.
        .replace(/\d{11,}[Xx]?/g, (digits) => (isTelling(digits) ? "…" : digits))

/** The same for the log, which others read, too: its shape alone, values, long words, addresses and digits masked. */
export const shape = (text: string): string =>
  text
    .slice(0, maxKept)
    .replace(/(:\s*)"(?:[^"\\]|\\.)*"?/g, '$1"…"')
    .replace(/[\w.+-]+@[\w.-]+/g, "…@…")
    .replace(/[A-Za-z0-9_-]{20,}/g, "…")
    .replace(/\d{3,}/g, "###")
    .replace(/\p{Cc}/gu, " ")

const decoded = (value: string): string => value.replace(/\+/g, " ").replace(/%[0-9A-Fa-f]{2}/g, "%")
