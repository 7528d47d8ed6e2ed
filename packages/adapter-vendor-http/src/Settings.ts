import { Schema } from "effect"
import type { Fault } from "./Vendor.ts"

/** An address of a vendor's API. */
export const Address = Schema.String.pipe(
  Schema.filter((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    message: () => "This is not an http or https address."
  })
)

const loopback: ReadonlyArray<string> = ["127.0.0.1", "localhost", "[::1]"]

/** Whether secrets may go there: https, or plain http on this machine. */
export const isSafe = (address: string): boolean => {
  const { protocol, hostname } = new URL(address)
  return protocol === "https:" || loopback.includes(hostname)
}

/** A vendor's address where answers without a signature go by TLS alone: a fault where it is plain http to another machine. */
export const addressFaults = ({ baseUrl }: { readonly baseUrl: string }): ReadonlyArray<Fault> =>
  isSafe(baseUrl)
    ? []
    : [
        {
          at: "/baseUrl",
          detail: "Refusals are not signed and go by TLS alone: use https (http is for this machine alone)."
        }
      ]

/** A fault where an address is longer than a vendor takes. */
export const lengthFaults = (address: string, maxChars: number): ReadonlyArray<string> =>
  address.length <= maxChars
    ? []
    : [`${address.length} characters are more than the ${maxChars} that it takes: shorten the address or its name.`]

/** How long a call may take, in milliseconds; `millis` unless given. */
export const limit = (millis: number) =>
  Schema.optionalWith(Schema.Int.pipe(Schema.between(100, 60_000)), { default: () => millis })

/** How long calls of a vendor may take: those that move money (create, capture, complete, refund), and the others. */
export const limits = Schema.optionalWith(
  Schema.Struct({ createMillis: limit(10_000), queryMillis: limit(5000), closeMillis: limit(10_000) }),
  { default: () => ({ createMillis: 10_000, queryMillis: 5000, closeMillis: 10_000 }) }
)

/** How long a vendor's replicas may lag behind; 5 minutes unless given. */
export const settlingMillis = Schema.optionalWith(Schema.Int.pipe(Schema.between(0, 86_400_000)), {
  default: () => 300_000
})

/** A setting that may be left out, but is not null or undefined: a fault of it is told once, in its own words. */
export const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })
