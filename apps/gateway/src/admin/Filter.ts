import type { Admin, Problem } from "@payment-proxy/api"
import { Currency, Money } from "@payment-proxy/domain"
import { anyOrder, type OrderFilter } from "@payment-proxy/ports"
import { Either } from "effect"
import { type Refused, refuse } from "../Problems.ts"

type Asked = typeof Admin.Orders.OrderFilter.Type

const wrong = (pointer: string, detail: string): Refused => {
  const fault: Problem.Fault = { pointer, code: "PARAMETER_INVALID", detail }
  return refuse("PARAMETER_INVALID", detail, [fault])
}

const amount = (name: string, text: string | undefined, currency: string | undefined) => {
  if (text === undefined) return Either.right(null)
  if (currency === undefined || !Currency.is(currency))
    return Either.left(wrong("/currency", "Amounts are compared in one currency: name it, like CNY."))
  return Money.parse(text, currency).pipe(
    Either.map(({ amountMinor }): bigint | null => amountMinor),
    Either.mapLeft(({ detail }) => wrong(`/${name}`, detail))
  )
}

const currencyOf = (text: string | undefined): Either.Either<Currency.Currency | null, Refused> => {
  if (text === undefined) return Either.right(null)
  return Currency.is(text)
    ? Either.right(text)
    : Either.left(wrong("/currency", "This is not a currency of ISO 4217 in use."))
}

/** A time that there is: what the calendar does not have is not taken for another day of it. */
const timeOf = (name: string, text: string | undefined): Either.Either<number | null, Refused> => {
  if (text === undefined) return Either.right(null)
  const millis = Date.parse(text)
  return !Number.isNaN(millis) && new Date(millis).toISOString().startsWith(text.slice(0, 16))
    ? Either.right(millis)
    : Either.left(wrong(`/${name}`, "There is no such time."))
}

/** A search as the store takes it, or what of it makes no sense. */
export const of = (asked: Asked): Either.Either<OrderFilter, Refused> =>
  Either.all({
    currency: currencyOf(asked.currency),
    amountFromMinor: amount("amountFrom", asked.amountFrom, asked.currency),
    amountToMinor: amount("amountTo", asked.amountTo, asked.currency),
    createdFromMillis: timeOf("createdFrom", asked.createdFrom),
    createdToMillis: timeOf("createdTo", asked.createdTo)
  }).pipe(
    Either.map((ranges) => ({
      ...anyOrder,
      ...ranges,
      number: asked.number ?? null,
      state: asked.status ?? null,
      vendor: asked.vendor ?? null,
      app: asked.app ?? null,
      method: asked.method ?? null
    }))
  )

/** A search as it goes on record: its parts, at most 200 characters. */
export const said = (asked: Asked): string | null =>
  Object.entries(asked)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ")
    .slice(0, 200) || null
