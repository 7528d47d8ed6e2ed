import type { Money } from "@payment-proxy/domain"
import { InDoubt, Rejected, Throttled, Unreachable } from "@payment-proxy/ports"
import { Clock, Effect } from "effect"

/**
 * How one call goes. `dropAfter`, `hang`: done, and no answer. `wrongAmount`: done, and told with a unit too much. Of a refund alone:
 * `pending`, `fail` and `abnormal`: taken, and then so.
 */
export type Behaviour =
  | "normal"
  | "reject"
  | "throttle"
  | "unreachable"
  | "dropBefore"
  | "dropAfter"
  | "hang"
  | "wrongAmount"
  | "pending"
  | "fail"
  | "abnormal"
export type Call = "create" | "query" | "close" | "capture" | "complete" | "refund" | "queryRefund"

/** A refund as the platform holds it; `ourNo` is null where its desk made it. */
export interface HeldRefund {
  readonly vendorRefundNo: string
  readonly ourNo: string | null
  readonly amountMinor: bigint
  readonly state: "pending" | "succeeded" | "failed" | "abnormal"
}

/** Money that the payer's bank took back. */
export interface HeldDispute {
  readonly disputeNo: string
  readonly amountMinor: bigint
  readonly state: "open" | "won" | "lost"
}

/** A payment as the platform holds it. Amounts are minor units. */
export interface Held {
  readonly merchantOrderNo: string
  readonly transactionNo: string
  readonly prepared: string
  readonly amount: Money.Money
  readonly status: "open" | "approved" | "authorized" | "paid" | "failed" | "closed"
  readonly authorizedUntilMillis: number | null
  readonly paidAtMillis: number | null
  readonly capturedMinor: bigint
  readonly refundedMinor: bigint
  readonly refunds: ReadonlyArray<HeldRefund>
  readonly disputes: ReadonlyArray<HeldDispute>
}

/** A call as the platform got it. */
export interface Got {
  readonly call: Call
  readonly merchantOrderNo: string
  readonly prepared: string | null
  /** The number of a capture, complete or refund. */
  readonly operationNo: string | null
  readonly atMillis: number
}

/** A call on its way to the platform: of which payment, and what is asked for where it is a create. */
export interface Asked {
  readonly call: Call
  readonly merchantOrderNo: string
  readonly create: { readonly amount: Money.Money; readonly prepared: string } | null
  readonly operationNo?: string
  /** Of a capture or a refund. */
  readonly amountMinor?: bigint
}

const detail = "as the test wanted"

/** What a behaviour fails with instead of an answer. */
const failure = (behaviour: Behaviour) => {
  switch (behaviour) {
    case "reject":
      return new Rejected({ code: "DECLINED", detail })
    case "throttle":
      return new Throttled({ retryAfterMillis: 1000, detail })
    case "unreachable":
      return new Unreachable({ detail })
    default:
      return new InDoubt({ detail })
  }
}

const undone: ReadonlyArray<Behaviour> = ["reject", "throttle", "unreachable", "dropBefore"]
const isDone = (behaviour: Behaviour): boolean => !undone.includes(behaviour)
const isAnswered = (behaviour: Behaviour): boolean =>
  isDone(behaviour) && behaviour !== "dropAfter" && behaviour !== "hang"

/** What becomes of a refund that is taken so. */
const refundStates: { readonly [behaviour in Behaviour]?: HeldRefund["state"] } = {
  pending: "pending",
  fail: "failed",
  abnormal: "abnormal"
}

const sumOf = (refunds: ReadonlyArray<HeldRefund>, isCounted: (refund: HeldRefund) => boolean): bigint =>
  refunds.filter(isCounted).reduce((sum, { amountMinor }) => sum + amountMinor, 0n)

/** The platform behind the fakes; it knows payments by the merchant's number and its own. */
export class Platform {
  readonly #payments = new Map<string, Held>()
  readonly #scripts: { readonly [call in Call]: Array<Behaviour> } = {
    create: [],
    query: [],
    close: [],
    capture: [],
    complete: [],
    refund: [],
    queryRefund: []
  }
  readonly #always = new Map<Call, Behaviour>()
  readonly got: Array<Got> = []

  script(call: Call, behaviours: ReadonlyArray<Behaviour>): void {
    this.#scripts[call].push(...behaviours)
  }

  always(call: Call, behaviour: Behaviour): void {
    this.#always.set(call, behaviour)
  }

  calm(): void {
    this.#always.clear()
    for (const behaviours of Object.values(this.#scripts)) behaviours.length = 0
  }

  #next(call: Call): Behaviour {
    return this.#scripts[call].shift() ?? this.#always.get(call) ?? "normal"
  }

  held(): ReadonlyArray<Held> {
    return [...this.#payments.values()]
  }

  #create(merchantOrderNo: string, { amount, prepared }: NonNullable<Asked["create"]>): void {
    if (this.#payments.has(merchantOrderNo)) return
    this.#payments.set(merchantOrderNo, {
      merchantOrderNo,
      transactionNo: `txn-${merchantOrderNo}`,
      prepared,
      amount,
      status: "open",
      authorizedUntilMillis: null,
      paidAtMillis: null,
      capturedMinor: 0n,
      refundedMinor: 0n,
      refunds: [],
      disputes: []
    })
  }

  #change(merchantOrderNo: string, change: (held: Held) => Partial<Held>): void {
    const held = this.#payments.get(merchantOrderNo)
    if (held !== undefined) this.#payments.set(merchantOrderNo, { ...held, ...change(held) })
  }

  /** Moves a payment on; one that has ended stays as it is. */
  end(merchantOrderNo: string, status: Held["status"], more: Partial<Held> = {}): void {
    const isHalfway = status === "approved" || status === "authorized"
    const before = isHalfway ? ["open"] : ["open", "approved", "authorized"]
    this.#change(merchantOrderNo, (held) => {
      if (!before.includes(held.status)) return {}
      const capturedMinor = status === "paid" ? held.amount.amountMinor : 0n
      return { capturedMinor, ...more, status }
    })
  }

  /** Money comes for a payment that had ended without it. */
  payLate(merchantOrderNo: string, paidAtMillis: number): void {
    this.#change(merchantOrderNo, ({ status, amount }) =>
      status === "paid" ? {} : { status: "paid", paidAtMillis, capturedMinor: amount.amountMinor }
    )
  }

  /** The payer, who was refused, may try once more: a vendor's last word that was not its last. */
  reopen(merchantOrderNo: string): void {
    this.#change(merchantOrderNo, ({ status }) => (status === "failed" ? { status: "open" } : {}))
  }

  /** An authorization that has run out is released. */
  #lapse(merchantOrderNo: string, atMillis: number): void {
    const held = this.#payments.get(merchantOrderNo)
    const until = held?.authorizedUntilMillis ?? null
    if (held?.status === "authorized" && until !== null && atMillis > until) this.end(merchantOrderNo, "closed")
  }

  #withRefunds(merchantOrderNo: string, change: (refunds: ReadonlyArray<HeldRefund>) => ReadonlyArray<HeldRefund>) {
    this.#change(merchantOrderNo, (held) => {
      const refunds = change(held.refunds)
      return { refunds, refundedMinor: sumOf(refunds, ({ state }) => state === "succeeded") }
    })
  }

  /** Takes a refund, unless it is known or more than is left; `ourNo` is null at the desk, which may give back what it likes. */
  refund(merchantOrderNo: string, ourNo: string | null, amountMinor: bigint, state: HeldRefund["state"]): boolean {
    const held = this.#payments.get(merchantOrderNo)
    if (held === undefined || held.status !== "paid") return false
    if (ourNo !== null && held.refunds.some((known) => known.ourNo === ourNo)) return true
    const taken = sumOf(held.refunds, (known) => known.state !== "failed")
    if (ourNo !== null && taken + amountMinor > held.capturedMinor) return false
    const vendorRefundNo = `refund-${held.transactionNo}-${held.refunds.length + 1}`
    this.#withRefunds(merchantOrderNo, (refunds) => [...refunds, { vendorRefundNo, ourNo, amountMinor, state }])
    return true
  }

  /** What becomes of a refund, by our number. */
  settle(ourNo: string, state: HeldRefund["state"]): void {
    for (const { merchantOrderNo, refunds } of this.held())
      if (refunds.some((refund) => refund.ourNo === ourNo))
        this.#withRefunds(merchantOrderNo, (all) =>
          all.map((refund) => (refund.ourNo === ourNo ? { ...refund, state } : refund))
        )
  }

  dispute(merchantOrderNo: string, dispute: HeldDispute): void {
    this.#change(merchantOrderNo, ({ disputes }) => ({
      disputes: [...disputes.filter(({ disputeNo }) => disputeNo !== dispute.disputeNo), dispute]
    }))
  }

  /** Does what a call asks for; answers whether the platform takes it. */
  #do({ call, merchantOrderNo, create, operationNo, amountMinor }: Asked, behaviour: Behaviour, atMillis: number) {
    const status = this.#payments.get(merchantOrderNo)?.status
    switch (call) {
      case "create":
        if (create !== null) this.#create(merchantOrderNo, create)
        return true
      case "close":
        this.end(merchantOrderNo, "closed")
        return true
      case "capture":
      case "complete":
        if (status !== (call === "capture" ? "authorized" : "approved")) return status === "paid"
        this.end(merchantOrderNo, "paid", {
          paidAtMillis: atMillis,
          ...(amountMinor === undefined ? {} : { capturedMinor: amountMinor })
        })
        return true
      case "refund":
        return this.refund(
          merchantOrderNo,
          operationNo ?? "",
          amountMinor ?? 0n,
          refundStates[behaviour] ?? "succeeded"
        )
      default:
        return true
    }
  }

  /** A call comes in: what there is of the payment after it, and by how many minor units its amount is told too high. */
  take(asked: Asked) {
    return Effect.gen(this, function* () {
      const { call, merchantOrderNo, create, operationNo } = asked
      const behaviour = this.#next(call)
      const atMillis = yield* Clock.currentTimeMillis
      this.got.push({
        call,
        merchantOrderNo,
        prepared: create?.prepared ?? null,
        operationNo: operationNo ?? null,
        atMillis
      })
      this.#lapse(merchantOrderNo, atMillis)
      const isTaken = !isDone(behaviour) || this.#do(asked, behaviour, atMillis)
      if (behaviour === "hang") return yield* Effect.never
      if (!isAnswered(behaviour)) return yield* failure(behaviour)
      if (!isTaken)
        return yield* call === "refund"
          ? new Rejected({ code: "REFUND_REFUSED", detail: "There is not so much to refund." })
          : new Rejected({ code: "NOTHING_HELD", detail: "There is nothing to take." })
      return { held: this.#payments.get(merchantOrderNo), extraMinor: behaviour === "wrongAmount" ? 1n : 0n, atMillis }
    })
  }
}
