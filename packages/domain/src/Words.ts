import { Schema } from "effect"

/** What the payer pays with, and its code in `pay_method` (design §4). */
export const methods = { ALIPAY: 1, WECHAT_PAY: 2, CARD: 3, PAYPAL: 4 } as const
export type Method = keyof typeof methods
export const Method = Schema.Literal("ALIPAY", "WECHAT_PAY", "CARD", "PAYPAL").annotations({
  message: () => ({ message: `This is one of ${Object.keys(methods).join(", ")}.`, override: true })
})

/** Where the payer is, and its code in `pay_source` (design §4). */
export const sources = { APP: 1, H5: 2, WEB: 3, QR: 4, MINI_PROGRAM: 5, JSAPI: 6 } as const
export type Source = keyof typeof sources
export const Source = Schema.Literal("APP", "H5", "WEB", "QR", "MINI_PROGRAM", "JSAPI").annotations({
  message: () => ({ message: `This is one of ${Object.keys(sources).join(", ")}.`, override: true })
})

/** Which money movement an order is, and its code in `trans_type` (design §4). */
export const transTypes = { PAYMENT: 1, REFUND: 2 } as const

/** The word that has `code` in one of the tables above, or `undefined`. */
export const wordOf = <W extends string>(codes: { readonly [K in W]: number }, code: number): W | undefined =>
  (Object.keys(codes) as Array<W>).find((word) => codes[word] === code)

const Text = Schema.String.pipe(Schema.nonEmptyString())

/** What the payer has to be shown or sent to next; `none` where the vendor asks for nothing. */
export const Next = Schema.Union(
  Schema.Struct({ type: Schema.Literal("redirect"), url: Text }),
  Schema.Struct({ type: Schema.Literal("qr"), content: Text }),
  Schema.Struct({
    type: Schema.Literal("form"),
    action: Text,
    fields: Schema.Record({ key: Schema.String, value: Schema.String })
  }),
  Schema.Struct({
    type: Schema.Literal("app"),
    parameters: Schema.Record({ key: Schema.String, value: Schema.String })
  }),
  Schema.Struct({ type: Schema.Literal("none") })
)
export type Next = typeof Next.Type
