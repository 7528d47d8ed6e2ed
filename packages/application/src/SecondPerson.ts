import { Context } from "effect"

/** What operators do takes a second person, beside every resolution: as configured. */
export interface Rule {
  /**
   * What one operator may send back alone of a payment within 24 hours, in minor units of the currency; null: as much as there is.
   */
  readonly refundsAboveMinor: (currency: string) => bigint | null
  /** Whether what gives an app more takes two: keys, endpoints, limits. */
  readonly apps: boolean
}

/** The rule in force; unless configured, resolutions alone take two persons. */
export class SecondPerson extends Context.Reference<SecondPerson>()("@payment-proxy/application/SecondPerson", {
  defaultValue: (): Rule => ({ refundsAboveMinor: () => null, apps: false })
}) {}
