import type { Money, Payment } from "@payment-proxy/domain"
import { Evidence } from "@payment-proxy/domain"
import { InDoubt, Rejected, Throttled, Unreachable } from "@payment-proxy/ports"
import { Clock, Effect } from "effect"

/** How one call goes. `dropAfter`, `hang`: done, and no answer. `wrongAmount`: done, and told with a unit too much. */
export type Behaviour =
  | "normal"
  | "reject"
  | "throttle"
  | "unreachable"
  | "dropBefore"
  | "dropAfter"
  | "hang"
  | "wrongAmount"
export type Call = "create" | "query" | "close" | "capture" | "complete"

/** A payment as the platform holds it. */
export interface Held {
  readonly merchantOrderNo: string
  readonly transactionNo: string
  readonly prepared: string
  readonly amount: Money.Money
  readonly status: "open" | "approved" | "authorized" | "paid" | "failed" | "closed"
  readonly paidAtMillis: number | null
}

/** A call as the platform got it. */
export interface Got {
  readonly call: Call
  readonly merchantOrderNo: string
  readonly prepared: string | null
  /** The number of a capture or complete. */
  readonly operationNo: string | null
  readonly atMillis: number
}

/** A call on its way to the platform: of which payment, and what is asked for where it is a create. */
export interface Asked {
  readonly call: Call
  readonly merchantOrderNo: string
  readonly create: { readonly amount: Money.Money; readonly prepared: string } | null
  readonly operationNo?: string
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

const isDone = (behaviour: Behaviour): boolean =>
  behaviour === "normal" || behaviour === "dropAfter" || behaviour === "hang" || behaviour === "wrongAmount"
const isAnswered = (behaviour: Behaviour): boolean => behaviour === "normal" || behaviour === "wrongAmount"

/** The platform behind the fakes; it knows payments by the merchant's number and its own. */
export class Platform {
  readonly #payments = new Map<string, Held>()
  readonly #scripts: { readonly [call in Call]: Array<Behaviour> } = {
    create: [],
    query: [],
    close: [],
    capture: [],
    complete: []
  }
  readonly #always = new Map<Call, Behaviour>()
  readonly got: Array<Got> = []

  script(call: Call, behaviours: ReadonlyArray<Behaviour>): void {
    this.#scripts[call].push(...behaviours)
  }

  always(call: Call, behaviour: Behaviour): void {
    this.#always.set(call, behaviour)
  }

  #next(call: Call): Behaviour {
    return this.#scripts[call].shift() ?? this.#always.get(call) ?? "normal"
  }

  held(): ReadonlyArray<Held> {
    return [...this.#payments.values()]
  }

  #create(merchantOrderNo: string, { amount, prepared }: NonNullable<Asked["create"]>): void {
    if (this.#payments.has(merchantOrderNo)) return
    const transactionNo = `txn-${merchantOrderNo}`
    const held = { merchantOrderNo, transactionNo, prepared, amount, status: "open", paidAtMillis: null } as const
    this.#payments.set(merchantOrderNo, held)
  }

  /** Moves a payment on; one that has ended stays as it is. */
  end(merchantOrderNo: string, status: Held["status"], paidAtMillis: number | null): void {
    const held = this.#payments.get(merchantOrderNo)
    const isHalfway = status === "approved" || status === "authorized"
    const before = isHalfway ? ["open"] : ["open", "approved", "authorized"]
    if (held !== undefined && before.includes(held.status))
      this.#payments.set(merchantOrderNo, { ...held, status, paidAtMillis })
  }

  /** A call comes in: what there is of the payment after it, and by how many minor units its amount is told too high. */
  take({ call, merchantOrderNo, create, operationNo }: Asked) {
    return Effect.gen(this, function* () {
      const behaviour = this.#next(call)
      const atMillis = yield* Clock.currentTimeMillis
      this.got.push({
        call,
        merchantOrderNo,
        prepared: create?.prepared ?? null,
        operationNo: operationNo ?? null,
        atMillis
      })
      if (isDone(behaviour) && create !== null) this.#create(merchantOrderNo, create)
      if (isDone(behaviour) && call === "close") this.end(merchantOrderNo, "closed", null)
      const isTaken = this.#payments.get(merchantOrderNo)?.status === (call === "capture" ? "authorized" : "approved")
      if (isDone(behaviour) && (call === "capture" || call === "complete") && isTaken)
        this.end(merchantOrderNo, "paid", atMillis)
      if (behaviour === "hang") return yield* Effect.never
      if (!isAnswered(behaviour)) return yield* failure(behaviour)
      return { held: this.#payments.get(merchantOrderNo), extraMinor: behaviour === "wrongAmount" ? 1n : 0n, atMillis }
    })
  }
}

/** What the platform says of a payment as evidence; without an amount it states none. */
export const evidenceOf = (
  held: Omit<Held, "prepared" | "amount"> | undefined,
  amount: Payment.Payment["amount"] | null,
  { source, asked }: Pick<Evidence.Evidence, "source" | "asked">
): Evidence.Evidence => {
  if (held === undefined) return Evidence.make("notFound", source, { asked })
  const common = { asked, amount, transactionNo: held.transactionNo }
  switch (held.status) {
    case "open":
      return Evidence.make("open", source, {
        ...common,
        next: { type: "redirect", url: `https://cashier.example/${encodeURIComponent(held.merchantOrderNo)}` }
      })
    case "approved":
      return Evidence.make("approved", source, common)
    case "authorized":
      return Evidence.make("authorized", source, { ...common, untilMillis: null })
    case "paid":
      return Evidence.make("paid", source, { ...common, captured: amount, paidAtMillis: held.paidAtMillis })
    case "failed":
      return Evidence.make("failed", source, { ...common, code: "DECLINED", detail: "The payer refused." })
    case "closed":
      return Evidence.make("closed", source, common)
  }
}
