import type { Confirming, Vendor } from "@payment-proxy/ports"
import { Schema } from "effect"
import { optional } from "./Settings.ts"

type Lists = { readonly [K in keyof Confirming]?: ReadonlyArray<number> }

const inDoubt = [1, 2, 4, 8, 15, 30, 60, 120, 300, 600]

/** How often a vendor is asked about its orders that recommends nothing, in seconds. */
export const usual = {
  inDoubt,
  pending: [5, 5, 10, 15, 30, 30, 60, 120, 300, 600],
  authorized: [5, 15, 30, 60, 300, 600, 1800, 3600],
  closing: inDoubt,
  refund: [5, 15, 30, 60, 300, 600, 1800, 3600]
} as const satisfies Lists

const maxSteps = 32
const daySeconds = 86_400

const faultOf = (waits: ReadonlyArray<number>): string | undefined => {
  if (waits.length === 0 || waits.length > maxSteps) return `Give 1 to ${maxSteps} waits, or leave the list out.`
  if (waits.some((wait) => wait < 1 || wait > daySeconds))
    return `A wait is 1 to ${daySeconds} seconds: sooner is a burden to the vendor, later is forgotten.`
  return waits.some((wait, at) => wait < (waits[at - 1] ?? 0))
    ? "Waits are quick at first, then slower: put them in rising order."
    : undefined
}

const Waits = optional(Schema.Array(Schema.Int).pipe(Schema.filter(faultOf)))

/** The settings by which a vendor's orders are followed: waits between questions, by state, and what becomes of late money. */
export const following = {
  confirm: optional(
    Schema.Struct({
      inDoubtSeconds: Waits,
      pendingSeconds: Waits,
      authorizedSeconds: Waits,
      closingSeconds: Waits,
      refundSeconds: Waits
    })
  ),
  latePaid: Schema.optionalWith(
    Schema.Literal("refund", "accept").annotations({
      message: () => ({
        message: "Money that comes after the app was told that it will not goes back (refund), or is kept (accept).",
        override: true
      })
    }),
    { exact: true, default: () => "refund" as const }
  )
}

const Following = Schema.Struct(following)

const millis = (waits: ReadonlyArray<number>) => waits.map((wait) => wait * 1000)

/** How a vendor's orders are followed: as configured, else as its `kind` recommends, else as usual. */
export const followed = (
  { confirm = {}, latePaid }: typeof Following.Type,
  kind: Lists = {}
): Pick<Vendor, "confirming" | "latePaid"> => {
  const { inDoubt, pending, authorized, closing, refund } = { ...usual, ...kind }
  return {
    confirming: {
      inDoubt: millis(confirm.inDoubtSeconds ?? inDoubt),
      pending: millis(confirm.pendingSeconds ?? pending),
      authorized: millis(confirm.authorizedSeconds ?? authorized),
      closing: millis(confirm.closingSeconds ?? closing),
      refund: millis(confirm.refundSeconds ?? refund)
    },
    latePaid
  }
}
