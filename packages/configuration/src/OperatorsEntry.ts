import { Currency, Money } from "@payment-proxy/domain"
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

const Fields = Schema.Struct({ secondPerson: Schema.optionalWith(SecondPerson, { exact: true, default: () => none }) })

/** What operators do takes a second person. */
export const OperatorsEntry = Schema.optionalWith(Fields, { exact: true, default: () => ({ secondPerson: none }) })
export type OperatorsEntry = typeof Fields.Type

/** The rule as what is carried out goes by it: amounts in minor units, null where one person is enough. */
export const rule = ({ secondPerson: { refundsAbove, apps } }: OperatorsEntry) => ({
  refundsAboveMinor: (currency: string): bigint | null => refundsAbove.get(currency) ?? null,
  apps
})
