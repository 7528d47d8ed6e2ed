/** The most of an answer that is kept, in characters. */
export const maxKept = 4096

/** What may be read of an answer: words by which a payment is found again, how it stands, and what went wrong. */
const readable =
  /(?:^|[_\-.])(?:id|no|number|status|state|code|sub_code|type|kind|method|scene|mode|result|currency|amount|total|refunded|fee|time|date|at|version|page|count|rel)$|(?:^|[_\-.])(?:out_trade_no|trade_no)$/

/** What may never be read, whatever else its name says: who pays, by what, and what proves who we are. */
const hidden =
  /phone|mobile|mail|open_?id|union_?id|buyer|payer|customer|consumer|passport|token|secret|signature|password|credential|cookie|session|holder|iban|account|address|birth|device|redirect|(?:^|[_\-.])(?:pan|card|acct|tel|name|user|addr|cert|key|sign|nonce|pwd|pin|cvv|cvc|auth|authorization|ip|bank|url|href|qr|code_url|qr_code)(?:$|[_\-.])/

/** `outTradeNo` and `OUT-TRADE-NO` are `out_trade_no`. */
const plain = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase()

const isCardLike = (digits: string): boolean => {
  if (!/^\d{13,19}$/.test(digits)) return false
  const sum = [...digits].reverse().reduce((all, digit, at) => {
    const value = Number(digit) * (at % 2 === 0 ? 1 : 2)
    return all + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}

/** A word, a number, a time or an amount as machines write them: nothing that a person would write. */
const isPlainValue = (value: string): boolean =>
  (/^[A-Za-z][A-Za-z_.-]{0,47}\d{0,4}$/.test(value) ||
    /^[\w-]{1,64}$/.test(value) ||
    /^-?\d{1,15}(?:\.\d{1,8})?$/.test(value) ||
    /^\d{4}-\d\d-\d\d[T ][\d:.]{5,15}(?:Z|[+-]\d\d:?\d\d)?$/.test(value)) &&
  !isCardLike(value)

const shown = (name: string, value: string): string => {
  const key = plain(name)
  if (value === "" || hidden.test(key)) return value === "" ? "" : "…"
  return readable.test(key) && isPlainValue(value) ? value : "…"
}

const jsonPair = /"((?:[^"\\]|\\.){1,80})"(\s*:\s*)(?:"((?:[^"\\]|\\.)*)("?)|(-?\d[\d.eE+-]*))/g
const xmlElement = /<([A-Za-z][\w.-]{0,80})>(?:<!\[CDATA\[)?([^<\]]*)(?:\]\]>)?(?=<\/)/g
const formPair = /(^|&)([^=&]{1,80})=([^&]*)/g

const json = (text: string): string =>
  text
    .replace(jsonPair, (_, name: string, colon: string, string?: string, end?: string, number?: string) => {
      if (number !== undefined)
        return `"${name}"${colon}${hidden.test(plain(name)) || isCardLike(number) ? '"…"' : number}`
      return `"${name}"${colon}"${shown(name, string ?? "").replace(/["\\]/g, "'")}${end ?? ""}`
    })
    // A text that has no name of its own: in a list.
    .replace(/([[,]\s*)"((?:[^"\\]|\\.)*)"(?=\s*[\],])/g, '$1"…"')

const form = (text: string): string =>
  text.replace(
    formPair,
    (_, before: string, name: string, value: string) => `${before}${name}=${shown(name, decoded(value))}`
  )

const xml = (text: string): string =>
  text.replace(xmlElement, (_, name: string, value: string) => `<${name}>${shown(name, value)}`)

/** A page: its tags, without what they say. */
const page = (text: string): string =>
  text.replace(/<([/!]?[A-Za-z][\w-]*)[^>]*>?/g, "<$1>").replace(/(^|>)[^<>]+/g, "$1…")

const read = (text: string): string => {
  const start = text.trimStart()
  if (start.startsWith("{") || start.startsWith("[")) return json(text)
  if (start.startsWith("<")) return /^<xml|^<\?xml/i.test(start) ? xml(text) : page(text)
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
        .replace(/\d{13,}/g, (digits) => (isCardLike(digits) ? "…" : digits))

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
