import { HttpApiSchema } from "@effect/platform"
import { Payment } from "@payment-proxy/domain"
import { Schema } from "effect"
import * as Text from "./Text.ts"

/** The longest that a read waits for a change, in seconds. */
export const maxWaitSeconds = 60
/** The most orders on one page. */
export const maxPage = 100

const whole = (min: number, max: number, description: string) => {
  const detail = `This is a whole number from ${min} to ${max}, given once.`
  const isIn = (text: string) => /^(?:0|[1-9]\d{0,15})$/.test(text) && Number(text) >= min && Number(text) <= max
  const Digits = Schema.String.annotations({ message: () => detail }).pipe(
    Schema.filter((text) => (isIn(text) ? undefined : detail), {
      jsonSchema: { type: "integer", description, minimum: min, maximum: max }
    })
  )
  return Schema.transform(Digits, Schema.Number, { strict: true, decode: Number, encode: String })
}

const notInstant = "This is not a time like 2026-11-23T08:00:00Z."
const instantForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/

/** Days and hours that no calendar has do not come back as they went in. */
const isInstant = (text: string): boolean => {
  if (!instantForm.test(text)) return false
  const millis = Date.parse(text)
  return !Number.isNaN(millis) && new Date(millis).toISOString().startsWith(text.slice(0, 19))
}

const instant = (description: string) =>
  Schema.String.annotations({ message: () => notInstant }).pipe(
    Schema.filter((text) => (isInstant(text) ? undefined : notInstant), {
      description,
      jsonSchema: { format: "date-time" }
    })
  )

/** The number of an order in an address: any text, since an order that does not exist and one that cannot are the same to a caller. */
export const orderNoParam = HttpApiSchema.param(
  "payOrderNo",
  Schema.String.annotations({ description: "The order's number, as placing it answered" })
)

/** The number of a refund in an address. */
export const refundNoParam = HttpApiSchema.param(
  "refundNo",
  Schema.String.annotations({ description: "The refund's number, as placing it answered" })
)

/** An event in an address. */
export const eventParam = HttpApiSchema.param("id", Schema.String.annotations({ description: "The event's `id`" }))

/** The vendor of a notification in an address. */
export const vendorParam = HttpApiSchema.param(
  "vendor",
  Schema.String.annotations({ description: "The vendor's name in the configuration" })
)

/** The headers by which a stream of events goes on. */
export const EventHeaders = Schema.Struct({
  "last-event-id": Schema.optional(
    Schema.String.annotations({ description: "With `Accept: text/event-stream`: the last event that was seen" })
  )
})

/**
 * The headers of a new order or refund. The key is required, yet optional here: what is missing or malformed is for the handler to
 * say, after the caller is known, with a code of its own.
 */
export const PlaceHeaders = Schema.Struct({
  "idempotency-key": Schema.optional(
    Schema.String.annotations({
      description:
        "1 to 255 visible ASCII characters of your own, raw or in quotes: the same one answers the same order"
    })
  )
})

/** How to read one order. */
export const ReadParameters = Schema.Struct({
  wait: Schema.optional(
    whole(0, maxWaitSeconds, "Seconds to wait for a change; answers at once when the order waits for nobody")
  ),
  version: Schema.optional(whole(0, Number.MAX_SAFE_INTEGER, "With `wait`: answers at once above this version"))
})

const Status = Payment.State.annotations({
  description: "Orders in this state",
  message: () => ({ message: `This is one of ${Payment.State.literals.join(", ")}, given once.`, override: true })
})

/** Which orders to list, newest first. */
export const SearchParameters = Schema.Struct({
  businessNo: Schema.optional(Text.BusinessNo),
  status: Schema.optional(Status),
  vendor: Schema.optional(Text.VendorName),
  createdFrom: Schema.optional(instant("Orders from this time on")),
  createdTo: Schema.optional(instant("Orders before this time")),
  cursor: Schema.optional(Text.matching(/^[\w-]{1,128}$/, "This is not a cursor: take the `next` of the page before.")),
  limit: Schema.optional(whole(1, maxPage, "How many orders on a page; 20 unless given"))
})

/** What a vendor puts behind the address that its payer comes back to: the order's number, and more of the vendor's own. */
export const ReturnParameters = Schema.Struct({
  order: Schema.String.annotations({ description: "The order's number" })
})
