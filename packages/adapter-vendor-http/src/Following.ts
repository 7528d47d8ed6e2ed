import type { Confirming, Vendor } from "@payment-proxy/ports"

const seconds = (...counts: ReadonlyArray<number>): ReadonlyArray<number> => counts.map((count) => count * 1000)

const inDoubt = seconds(1, 2, 4, 8, 15, 30, 60, 120, 300, 600)

/** How often a vendor is asked about its orders that says nothing of it. */
export const usual: Confirming = {
  inDoubt,
  pending: seconds(5, 5, 10, 15, 30, 30, 60, 120, 300, 600),
  authorized: inDoubt,
  closing: inDoubt,
  refund: seconds(5, 15, 30, 60, 300, 600, 1800, 3600)
}

/** How a vendor's orders are followed where its configuration does not say. */
export const following: Pick<Vendor, "confirming" | "latePaid"> = { confirming: usual, latePaid: "refund" }
