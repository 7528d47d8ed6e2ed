import { type Admin, Order } from "@payment-proxy/api"
import { type HistoryEntry, VendorAnswers } from "@payment-proxy/ports"
import { Effect, Option, Schema } from "effect"

type Shown = typeof Admin.Orders.Evidence.Type

/** What a vendor said, as history and what is noted beside it keep it. */
const Kept = Schema.parseJson(
  Schema.Struct({
    call: Schema.String,
    status: Schema.NullOr(Schema.Number),
    millis: Schema.NullOr(Schema.Number),
    raw: Schema.String,
    traceId: Schema.NullOr(Schema.String)
  })
)
const decode = Schema.decodeUnknownOption(Kept)

interface Heard {
  readonly number: string
  readonly version: number | null
  readonly atMillis: number
  readonly answer: string | null
}

/** One of an older form that is not understood any more is left out. */
const shown = ({ number, version, atMillis, answer }: Heard): ReadonlyArray<Shown> =>
  answer === null
    ? []
    : Option.match(decode(answer), {
        onNone: () => [],
        onSome: (said) => [{ ...said, number, version, at: Order.timeOf(atMillis) }]
      })

/** What vendors said of an order and its refunds, oldest first: what moved them, and the last that did not. */
export const answers = Effect.fnUntraced(function* (
  numbers: ReadonlyArray<string>,
  entries: ReadonlyArray<HistoryEntry>
) {
  const noted = yield* Effect.flatMap(VendorAnswers, (store) => store.of(numbers))
  return [
    ...entries.map(({ payOrderNo, ...entry }): Heard => ({ ...entry, number: payOrderNo })),
    ...noted.map(({ payOrderNo, ...note }): Heard => ({ ...note, number: payOrderNo, version: null }))
  ]
    .sort((a, b) => a.atMillis - b.atMillis)
    .flatMap(shown)
})
