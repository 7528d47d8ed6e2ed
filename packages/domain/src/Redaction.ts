/** The most of an answer that is kept, in characters. */
export const maxKept = 4096

/** What may be read of an answer: words by which a payment is found again, how it stands, and what went wrong. */
const readable =
  /(?:^|[_\-.])(?:id|no|number|status|state|code|sub_code|type|kind|method|scene|mode|result|currency|amount|total|refunded|fee|time|date|at|version|page|count|rel)$|(?:^|[_\-.])(?:out_trade_no|trade_no)$/

/** What may never be read, whatever else its name says: who pays, by what, and what proves who we are. */
const hidden =
  /phone|mobile|mail|open_?id|union_?id|buyer|payer|customer|consumer|passport|token|secret|signature|password|credential|cookie|session|holder|iban|account|address|birth|device|redirect|(?:^|[_\-.])(?:pan|card|acct|tel|name|user|addr|cert|key|sign|nonce|pwd|pin|cvv|cvc|auth|authorization|ip|bank|url|href|qr|code_url|qr_code)(?:$|[_\-.])/

/** Texts for people: read with what could be someone's masked. */
const said =
  /(?:^|[_\-.])(?:msg|message|sub_msg|detail|details|description|desc|reason|error|explanation|cause|err_code_des|return_msg|title|issue)$/

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

/** Addresses, long digits and long words out of a text for people. */
const masked = (text: string): string =>
  text
    .replace(/[\w.+-]+@[\w.-]+/g, "…@…")
    .replace(/\d[\d -]{4,}\d/g, "###")
    .replace(/[A-Za-z0-9_\-+/=]{24,}/g, "…")

/** A word, a number, a time or an amount as machines write them. */
const isPlainValue = (value: string): boolean => /^[\w.:+\-/ ]{1,64}$/.test(value) && !isCardLike(value)

const shown = (name: string, value: string): string => {
  const key = plain(name)
  if (value === "" || hidden.test(key)) return value === "" ? "" : "…"
  if (said.test(key)) return masked(value).slice(0, 200)
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

/**
 * What someone said, for operators to read: its shape, what it says of the payment, and nothing that somebody could be known by
 * or that opens anything. JSON, XML and forms by their names, each value that is not known to be harmless is `…`; any other
 * text with addresses, long digits and long words masked. At most 4096 characters are looked at.
 */
export const redacted = (text: string): string => {
  const cut = text.slice(0, maxKept)
  const trimmed = cut.trimStart()
  const readable =
    trimmed.startsWith("{") || trimmed.startsWith("[")
      ? json(cut)
      : trimmed.startsWith("<") && !/^<(?:!doctype\s+html|html)/i.test(trimmed)
        ? cut.replace(xmlElement, (_, name: string, value: string) => `<${name}>${shown(name, value)}`)
        : /^[\w.-]{1,80}=/.test(trimmed)
          ? cut.replace(
              formPair,
              (_, before: string, name: string, value: string) => `${before}${name}=${shown(name, decoded(value))}`
            )
          : masked(cut)
  return (
    readable
      .toWellFormed()
      .replace(/(?![\n\t])\p{Cc}/gu, " ")
      // Whatever it stands in.
      .replace(/\d{13,}/g, (digits) => (isCardLike(digits) ? "…" : digits))
  )
}

const decoded = (value: string): string => value.replace(/\+/g, " ").replace(/%[0-9A-Fa-f]{2}/g, "%")
