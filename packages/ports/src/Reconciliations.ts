import type { Money, Payment, RefundMachine } from "@payment-proxy/domain"
import type { Duration, Effect, Option } from "effect"
import { Context } from "effect"
import type { Claimed } from "./DueWork.ts"
import type { StoreUnavailable } from "./Store.ts"

/**
 * How a vendor's bill and our orders differ. `MISSING_HERE`: booked there, unknown here. `MISSING_THERE`: paid or refunded here, not
 * booked there. `AMOUNT`, `STATUS`: booked with another amount, or otherwise than it stands here. `FEE`: not what was agreed.
 * `DUPLICATE`: one payment or refund booked twice, or a second payment of one order.
 */
export const differenceKinds = ["MISSING_HERE", "MISSING_THERE", "AMOUNT", "STATUS", "FEE", "DUPLICATE"] as const
export type DifferenceKind = (typeof differenceKinds)[number]

/** `awaited`: a neighbour day's bill may still have it. `resolved`: it is settled, and stays so however often the day is run again. */
export const differenceStatuses = ["awaited", "open", "resolved"] as const
export type DifferenceStatus = (typeof differenceStatuses)[number]

/** What was done about a difference. `evidence`: the machine took it in. `held`: the order waits for a person. `asked`: the vendor is asked anew. */
export const differenceActions = ["none", "evidence", "held", "asked"] as const
export type DifferenceAction = (typeof differenceActions)[number]

/** What one side says. */
export interface Side {
  readonly amount: Money.Money
  /** Here a state of the machine; there `succeeded`, `pending` or `failed`. */
  readonly state: string
  /** As a decimal text in major units: there what was kept, here what was agreed; null where that is not compared. */
  readonly fee: string | null
  /** In milliseconds since the epoch; null where that side says no time. */
  readonly atMillis: number | null
}

/** A difference as a run finds it. */
export interface NewDifference {
  /** Its kind, and behind it the same for the same difference however often it is found. */
  readonly id: string
  readonly kind: DifferenceKind
  readonly of: "payment" | "refund"
  /** Our numbers, where there are any. */
  readonly payOrderNo: string | null
  readonly refundNo: string | null
  /** The vendor's numbers, and what the vendor was given to know it by. */
  readonly merchantOrderNo: string | null
  readonly transactionNo: string | null
  readonly merchantRefundNo: string | null
  readonly vendorRefundNo: string | null
  readonly ours: Side | null
  readonly theirs: Side | null
  readonly status: DifferenceStatus
  readonly action: DifferenceAction
  readonly note: string | null
}

/** A difference as it stands. */
export interface Difference extends NewDifference {
  readonly vendor: string
  readonly day: string
  /** The last run that found it. */
  readonly run: number
  readonly foundAtMillis: number
  readonly resolvedAtMillis: number | null
  /** `evidence`, `bill`, `run`, `vendor`, or an operator's name. */
  readonly resolvedBy: string | null
}

/** What changes of a difference that is not resolved yet. */
export interface Settlement {
  readonly status: DifferenceStatus
  readonly action: DifferenceAction
  readonly note: string | null
  readonly resolvedBy: string | null
}

/** Money of one currency that a bill books. */
export interface Total {
  readonly in: Money.Money
  readonly out: Money.Money
  /** A decimal text in major units. */
  readonly fee: string
}

/** A dispute of an order that a bill books. */
export interface DisputedOrder {
  readonly payOrderNo: string
  readonly disputeNo: string
  readonly amount: Money.Money
  readonly state: "open" | "lost"
}

/** What a run counted. */
export interface Counted {
  readonly lines: number
  /** Lines that are neither payments nor refunds. */
  readonly others: number
  /** Lines that are booked as they stand here. */
  readonly matched: number
  /** Of what was booked as succeeded. */
  readonly totals: ReadonlyArray<Total>
  /** At most 1000 of them. */
  readonly disputes: ReadonlyArray<DisputedOrder>
}

/** How many differences of a kind stand so. */
export interface DifferenceCount {
  readonly kind: DifferenceKind
  readonly status: DifferenceStatus
  readonly count: number
}

/** A vendor's day and what is known of its reconciliation. */
export interface Day {
  readonly vendor: string
  readonly day: string
  /** How often it was begun. */
  readonly run: number
  readonly startedAtMillis: number | null
  /** When a run last came to its end; null: never. */
  readonly finishedAtMillis: number | null
  /** Why the last run came to none; null where it did. */
  readonly fault: string | null
  /** Of the last run that came to its end. */
  readonly counted: Counted | null
  /** When it is due; null where it is not. */
  readonly dueAtMillis: number | null
}

/** The numbers of a page of bill lines. */
export interface Numbers {
  /** What the vendor was given: numbers of payments and of refunds. */
  readonly given: ReadonlyArray<string>
  /** The vendor's own: of payments and of refunds. */
  readonly theirs: ReadonlyArray<string>
}

/** Our side of a page of bill lines. */
export interface Counterparts {
  readonly payments: ReadonlyArray<Payment.Payment>
  readonly refunds: ReadonlyArray<RefundMachine.Refund>
}

/** A payment or refund of ours that moved money. */
export interface Booked {
  /** The payment's or refund's number. */
  readonly no: string
  readonly of: "payment" | "refund"
  readonly payOrderNo: string
  readonly merchantOrderNo: string
  /** The vendor's number of it. */
  readonly vendorNo: string | null
  readonly amount: Money.Money
  readonly state: string
  /** Null: the vendor said no time, and the order was placed in the window. */
  readonly atMillis: number | null
}

/** What of our money to list: of one vendor, from a moment until before another, in a steady order. */
export interface MovedSearch {
  readonly vendor: string
  readonly fromMillis: number
  readonly toMillis: number
  /** The last one of the page before. */
  readonly after: Booked | null
  readonly limit: number
}

/** A run of a day. */
export interface Run {
  readonly vendor: string
  readonly day: string
  readonly run: number
}

/** What a run found in a piece of the bill. */
export interface Findings {
  readonly differences: ReadonlyArray<NewDifference>
  /** Payments and refunds of ours that this bill has, and whose own time is another day's: no other bill has to have them. */
  readonly elsewhere: ReadonlyArray<string>
}

/** Which differences to list, by id. */
export interface DifferenceSearch {
  readonly vendor: string
  readonly day: string
  /** Null: whatever its status. */
  readonly statuses: ReadonlyArray<DifferenceStatus> | null
  /** The last id of the page before. */
  readonly after: string | null
  readonly limit: number
}

/** Days of vendors, what was found different in them, and our side of a bill. The `reconcile` queue of `DueWork` hands days out. */
export class Reconciliations extends Context.Tag("@payment-proxy/ports/Reconciliations")<
  Reconciliations,
  {
    /** Days that were not there are, due when each says; those that were stay as they are. */
    readonly open: (
      days: ReadonlyArray<{ readonly vendor: string; readonly day: string; readonly dueIn: Duration.Duration }>
    ) => Effect.Effect<void, StoreUnavailable>
    /** A day claimed by hand, whether it is due or not; none while somebody else has it. */
    readonly take: (
      vendor: string,
      day: string,
      lease: Duration.Duration
    ) => Effect.Effect<Option.Option<Claimed>, StoreUnavailable>
    /** The number of the run that begins; none where the claim is lost, or another day of the vendor is being run. */
    readonly begin: (claimed: Claimed) => Effect.Effect<Option.Option<number>, StoreUnavailable>
    readonly day: (vendor: string, day: string) => Effect.Effect<Option.Option<Day>, StoreUnavailable>
    /** A vendor's days, the latest first. */
    readonly days: (vendor: string, limit: number) => Effect.Effect<ReadonlyArray<Day>, StoreUnavailable>
    /** Payments and refunds that the vendor knows by one of these numbers, in one question. */
    readonly counterparts: (vendor: string, numbers: Numbers) => Effect.Effect<Counterparts, StoreUnavailable>
    /** Payments that were paid, and refunds that succeeded, in a window: what the day's bill should have. */
    readonly moved: (search: MovedSearch) => Effect.Effect<ReadonlyArray<Booked>, StoreUnavailable>
    /** Those of `numbers` that a bill of another day than `day` has although their own time is another day's than that. */
    readonly elsewhere: (
      vendor: string,
      numbers: ReadonlyArray<string>,
      day: string
    ) => Effect.Effect<ReadonlySet<string>, StoreUnavailable>
    /**
     * Writes down what a run found: what is known already is found again, and keeps what became of it; only what an earlier run did not
     * find again is as if it were new. False, and nothing is written, where a later run has begun.
     */
    readonly note: (run: Run, findings: Findings) => Effect.Effect<boolean, StoreUnavailable>
    /** What other days' bills lacked of these payments and refunds is resolved by this day's. */
    readonly found: (run: Run, numbers: ReadonlyArray<string>) => Effect.Effect<void, StoreUnavailable>
    /** Whether it was there and not resolved yet. */
    readonly settle: (
      vendor: string,
      day: string,
      id: string,
      settlement: Settlement
    ) => Effect.Effect<boolean, StoreUnavailable>
    /**
     * The run came to its end: what it did not find again is resolved, and what neighbour days waited for in this bill is open.
     * False, and nothing is written, where a later run has begun.
     */
    readonly finish: (run: Run, counted: Counted) => Effect.Effect<boolean, StoreUnavailable>
    /** The run came to no end, and nothing is concluded from it. */
    readonly fail: (run: Run, fault: string) => Effect.Effect<void, StoreUnavailable>
    readonly differences: (search: DifferenceSearch) => Effect.Effect<ReadonlyArray<Difference>, StoreUnavailable>
    readonly counts: (vendor: string, day: string) => Effect.Effect<ReadonlyArray<DifferenceCount>, StoreUnavailable>
  }
>() {}
