import { hash } from "node:crypto"
import { Currency, Money, StrictJson, Words } from "@payment-proxy/domain"
import type { ProxiedCall, ProxiedOrder } from "@payment-proxy/ports"
import { Unfit } from "@payment-proxy/ports"
import { Either } from "effect"
import * as Body from "./body.ts"
import type { MappedConfig } from "./config.ts"
import { type Member, ourWord } from "./fields.ts"
import { numberInPath, type Template } from "./paths.ts"
import { type Found, faultsOf, faulty, missing, type Read, type Reading, readings, said } from "./readings.ts"

/** Nothing is said, and nothing need be. */
const nothing = (): Read<undefined> => Either.right(undefined)

/** What the configuration check makes sure of: a mapping that is passed through has it. */
const given = <A>(value: A | undefined, what: string): Read<A> =>
  value === undefined ? faulty("", "FIELD_MISSING", `The mapping has no ${what}.`) : Either.right(value)

const visible =
  (most: number) =>
  ({ pointer, value }: Reading): Read<string> =>
    typeof value === "string" && value.length <= most && /^[!-~]+$/.test(value)
      ? Either.right(value)
      : faulty(pointer, "FIELD_INVALID", `This is text of 1 to ${most} visible ASCII characters.`)

const numberOf = (body: unknown, path: string, template: Template, config: MappedConfig): Read<string> => {
  const inPath = numberInPath(template, path)
  const { places, faults } = readings(body, ["payOrderNo"], config)
  const all = inPath === undefined ? places : [...places, { pointer: "", member: {}, value: inPath }]
  return Either.flatMap(said({ places: all, faults }, visible(256), missing), (no) => given(no, "order number"))
}

const theirWords = ({ words }: Member, ours: ReadonlyArray<string>): string =>
  (words === undefined ? ours : Object.values(words)).join(", ")

const word =
  <W extends string>(words: { readonly [K in W]: number }, supported: ReadonlyArray<W> | undefined) =>
  ({ pointer, member, value }: Reading): Read<W> => {
    const ours = Object.keys(words) as Array<W>
    const found = ours.find((name) => name === ourWord(member, value))
    if (found === undefined) return faulty(pointer, "FIELD_INVALID", `This is one of ${theirWords(member, ours)}.`)
    return supported === undefined || supported.includes(found)
      ? Either.right(found)
      : faulty(pointer, "NOT_SUPPORTED", `This vendor is set up for ${supported.join(", ")}.`)
  }

/** A word that a create says, or what the configuration says in its place. */
const wordOf = <W extends string>(
  found: Found,
  one: (reading: Reading) => Read<W>,
  otherwise: W | undefined,
  what: string
): Read<W> =>
  Either.flatMap(
    said(found, one, (reading) => (otherwise === undefined ? missing(reading) : Either.right(otherwise))),
    (stated) => given(stated ?? otherwise, what)
  )

const currencyOf = ({ pointer, member, value }: Reading): Read<Currency.Currency> => {
  const ours = ourWord(member, value)
  const mend = member.words === undefined ? "use its three capital letters, like CNY" : `use ${theirWords(member, [])}`
  return typeof ours === "string" && Currency.is(ours)
    ? Either.right(ours)
    : faulty(pointer, "CURRENCY_UNKNOWN", `This is not a currency of the mapping: ${mend}.`)
}

const positive = (pointer: string, minor: bigint): Read<bigint> =>
  minor > 0n
    ? Either.right(minor)
    : faulty(pointer, "AMOUNT_INVALID", "The amount is zero: a payment is of more than nothing.")

const minorUnits = ({ pointer, value }: Reading): Read<bigint> => {
  const isWhole = typeof value === "number" && Number.isSafeInteger(value) && value >= 0
  if (isWhole || (typeof value === "string" && /^(?:0|[1-9]\d{0,17})$/.test(value)))
    return positive(pointer, BigInt(value))
  return faulty(
    pointer,
    "AMOUNT_INVALID",
    "This is not a whole number of minor units, such as 1234 for 12.34, as a number below 2^53 or as at most 18 digits."
  )
}

const exactly = 'A JSON number is not exact in major units: put it in quotes, like "12.34".'

/** Minor units of an amount in major ones; of a currency that is not known, decimals and size are not looked at. */
const majorUnits = ({ pointer, value }: Reading, currency: Currency.Currency | undefined): Read<bigint> => {
  if (typeof value !== "string") return faulty(pointer, "AMOUNT_INVALID", exactly)
  return Either.match(Money.parse(value, currency ?? "CNY"), {
    onLeft: ({ reason, detail }): Read<bigint> =>
      currency === undefined && (reason === "decimals" || reason === "tooLong")
        ? Either.right(1n)
        : faulty(pointer, "AMOUNT_INVALID", detail),
    onRight: ({ amountMinor }) => positive(pointer, amountMinor)
  })
}

const amountOf = (body: unknown, config: MappedConfig): Read<Money.Money> => {
  const stated = Either.flatMap(said(readings(body, ["currency"], config), currencyOf, missing), (currency) =>
    given(currency, "currency")
  )
  const currency = Either.getOrUndefined(stated)
  const units = (reading: Reading): Read<bigint> =>
    reading.member.from === "amountMinor" ? minorUnits(reading) : majorUnits(reading, currency)
  const amount = said(readings(body, ["amountMinor", "amountMajor"], config), units, missing)
  if (currency !== undefined)
    return Either.flatMap(amount, (minor) => Either.map(given(minor, "amount"), (found) => Money.make(found, currency)))
  const unread = faultsOf(amount).filter(({ code }) => code !== "FIELD_INVALID")
  return Either.left([...unread, ...faultsOf(stated)])
}

const timeForm = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/

const timeOf = ({ pointer, value }: Reading): Read<number> => {
  const millis = typeof value === "string" && timeForm.test(value) ? Date.parse(value.toUpperCase()) : Number.NaN
  return Number.isNaN(millis)
    ? faulty(pointer, "FIELD_INVALID", "This is not a time of RFC 3339, such as 2026-11-23T08:00:00Z.")
    : Either.right(millis)
}

const fingerprintOf = ({ method, path, query }: ProxiedCall, body: unknown): string =>
  hash("sha256", `${method}\n${path}${query}\n${StrictJson.canonical(body)}`)

const read = (call: ProxiedCall, body: unknown, template: Template, config: MappedConfig): Read<ProxiedOrder> => {
  const { method, source, payableSeconds } = config.proxied
  const at = (name: "method" | "source" | "businessNo" | "expiresAt") => readings(body, [name], config)
  const parts = {
    merchantOrderNo: numberOf(body, call.path, template, config),
    amount: amountOf(body, config),
    method: wordOf(at("method"), word(Words.methods, config.methods), method, "method"),
    source: wordOf(at("source"), word(Words.sources, config.sources), source, "source"),
    businessNo: said(at("businessNo"), visible(64), nothing),
    expiresAtMillis: said(at("expiresAt"), timeOf, nothing)
  }
  const reads: ReadonlyArray<Read<unknown>> = Object.values(parts)
  return Either.mapBoth(Either.all(parts), {
    onLeft: () => reads.flatMap(faultsOf),
    onRight: ({ businessNo = null, expiresAtMillis = null, ...found }) => ({
      ...found,
      businessNo,
      expiresAtMillis,
      payableMillis: payableSeconds * 1000,
      fingerprint: fingerprintOf(call, body)
    })
  })
}

/** The order that a create of a caller's asks for; or, one for each place, all that is not as the mapping expects. */
export const order = (
  call: ProxiedCall,
  template: Template,
  config: MappedConfig
): Either.Either<ProxiedOrder, Unfit> =>
  Either.mapLeft(
    Either.flatMap(Body.read(call, config.create.type), (body) => read(call, body, template, config)),
    (faults) => new Unfit({ faults: [...new Map(faults.map((fault) => [fault.pointer, fault])).values()] })
  )
