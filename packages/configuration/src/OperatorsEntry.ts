import { Currency, Money } from "@payment-proxy/domain"
import { operatorRoles } from "@payment-proxy/ports"
import { Either, ParseResult, Schema } from "effect"

/** Amounts by currency, in major units as texts: what one operator may send back of a payment alone. */
const Amounts = Schema.transformOrFail(
  Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  Schema.ReadonlyMapFromSelf({ key: Schema.String, value: Schema.BigIntFromSelf }),
  {
    strict: true,
    decode: (given, _, ast) => {
      const amounts = new Map<string, bigint>()
      const faults = Object.entries(given).flatMap(([currency, text]) => {
        const fault = (detail: string) =>
          new ParseResult.Pointer(currency, given, new ParseResult.Type(ast, text, detail))
        if (!Currency.is(currency)) return [fault("This is no currency: write its code, like CNY.")]
        const money = typeof text === "string" ? Money.parse(text, currency) : null
        if (money === null || Either.isLeft(money))
          return [
            fault(
              `An amount is a decimal text in ${currency}, in quotes, such as "${Money.format(Money.make(100_000n, currency))}".`
            )
          ]
        amounts.set(currency, money.right.amountMinor)
        return []
      })
      const [first, ...others] = faults
      return first === undefined
        ? ParseResult.succeed(amounts)
        : ParseResult.fail(new ParseResult.Composite(ast, given, [first, ...others]))
    },
    encode: (value, _, ast) => ParseResult.fail(new ParseResult.Forbidden(ast, value))
  }
)

const none = { refundsAbove: new Map<string, bigint>(), apps: false }

const SecondPerson = Schema.Struct({
  /** By currency; refunds in a currency that is not named take one person. */
  refundsAbove: Schema.optionalWith(Amounts, { exact: true, default: () => none.refundsAbove }),
  /** Whether what gives an app more takes two: keys, endpoints, limits. */
  apps: Schema.optionalWith(Schema.Boolean, { exact: true, default: () => none.apps })
})

const text = Schema.NonEmptyString.pipe(Schema.maxLength(256))

const issuerForm = "An issuer is an https address without query and fragment; http is for this machine alone."

/** Codes and secrets go there: in the clear only where nothing leaves this machine. */
const isIssuer = (address: string): boolean => {
  if (!URL.canParse(address)) return false
  const { protocol, hostname, search, hash } = new URL(address)
  const isHere = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname)
  return (protocol === "https:" || (protocol === "http:" && isHere)) && search + hash === ""
}

/** The company's OpenID provider, and what its groups may do. */
const Oidc = Schema.Struct({
  /** As people know it. */
  name: Schema.NonEmptyString.pipe(Schema.maxLength(40)),
  issuer: Schema.String.pipe(Schema.filter((address) => (isIssuer(address) ? undefined : issuerForm))),
  clientId: text,
  clientSecret: Schema.Redacted(text),
  scope: Schema.optionalWith(
    text.pipe(
      Schema.filter((scope) => (scope.split(" ").includes("openid") ? undefined : "A scope of a sign-in has openid."))
    ),
    { exact: true, default: () => "openid profile groups" }
  ),
  nameClaim: Schema.optionalWith(text, { exact: true, default: () => "name" }),
  groupsClaim: Schema.optionalWith(text, { exact: true, default: () => "groups" }),
  /** Who is in none of them is not let in. */
  groups: Schema.Record({
    key: text,
    value: Schema.Literal(...operatorRoles).annotations({
      message: () => ({ message: `A group may be one of ${operatorRoles.join(", ")}.`, override: true })
    })
  })
})

const Fields = Schema.Struct({
  secondPerson: Schema.optionalWith(SecondPerson, { exact: true, default: () => none }),
  oidc: Schema.optionalWith(Oidc, { exact: true })
})

/** What operators do takes a second person, and how they come in beside their passwords. */
export const OperatorsEntry = Schema.optionalWith(Fields, { exact: true, default: () => ({ secondPerson: none }) })
export type OperatorsEntry = typeof Fields.Type

/** The rule as what is carried out goes by it: amounts in minor units, null where one person is enough. */
export const rule = ({ secondPerson: { refundsAbove, apps } }: OperatorsEntry) => ({
  refundsAboveMinor: (currency: string): bigint | null => refundsAbove.get(currency) ?? null,
  apps
})

/** The provider as its adapter is told of it; none where none is configured. */
export const provider = ({ oidc }: OperatorsEntry) =>
  oidc === undefined ? null : { ...oidc, allowHttp: oidc.issuer.startsWith("http:") }
