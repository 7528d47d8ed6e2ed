import { Context, Duration } from "effect"

/** What a vendor agreed to keep of a payment: a part of its amount, and a fixed sum. */
export interface Rate {
  /** Of which currency; null: of all that have no rate of their own. */
  readonly currency: string | null
  /** A decimal text: `0.6` is 0.6 %. */
  readonly percent: string
  /** A decimal text in major units. */
  readonly fixed: string
  /** By how many minor units a fee may stray. */
  readonly toleranceMinor: number
}

/** What is known of a vendor's bills. */
export interface VendorBills {
  /** The IANA name of the zone that its days are days of. */
  readonly zone: string
  readonly rates: ReadonlyArray<Rate>
}

/** How days are reconciled. */
export interface Settings {
  /** By vendor; one that is not there has days of UTC and no rates. */
  readonly vendors: { readonly [vendor: string]: VendorBills | undefined }
  /** At this hour of the next day, in the vendor's zone, a day is due. */
  readonly readyHour: number
  /** So many days before today are reconciled, if they never were. */
  readonly lookBackDays: number
  /** How far from midnight a payment may be in the neighbour day's bill. */
  readonly slack: Duration.Duration
  /** So many lines are looked up at once. */
  readonly page: number
  /** More differences than that say that something else is wrong: nothing is concluded. */
  readonly maxDifferences: number
  /** How often it is looked which days are due. */
  readonly every: Duration.Duration
  /** How long a line of a bill is waited for. */
  readonly lineLimit: Duration.Duration
  /** Waits before a day is tried again, the last one again and again. */
  readonly waits: ReadonlyArray<Duration.Duration>
}

/** The settings as configured, or these. */
export class Reconciling extends Context.Reference<Reconciling>()("@payment-proxy/application/Reconciling", {
  defaultValue: (): Settings => ({
    vendors: {},
    readyHour: 10,
    lookBackDays: 7,
    slack: Duration.minutes(10),
    page: 500,
    maxDifferences: 100_000,
    every: Duration.minutes(10),
    lineLimit: Duration.minutes(2),
    waits: [1, 5, 15, 30, 60, 120, 240, 360].map((count) => Duration.minutes(count))
  })
}) {}

/** What is known of a vendor's bills. */
export const billsOf = ({ vendors }: Settings, vendor: string): VendorBills =>
  vendors[vendor] ?? { zone: "UTC", rates: [] }
