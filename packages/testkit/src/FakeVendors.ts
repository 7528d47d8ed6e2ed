import type { Money, Payment } from "@payment-proxy/domain"
import { Evidence } from "@payment-proxy/domain"
import type { Incoming, Vendor } from "@payment-proxy/ports"
import { InDoubt, NotVerified, Rejected, Throttled, UnknownVendor, Unreachable, Vendors } from "@payment-proxy/ports"
import { Clock, Context, Effect, Layer, Option } from "effect"

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
export type Call = "create" | "query" | "close"

/** A payment as the platform holds it. */
export interface Held {
  readonly payOrderNo: string
  readonly transactionNo: string
  readonly prepared: string
  readonly amount: Money.Money
  readonly status: "open" | "paid" | "failed" | "closed"
  readonly paidAtMillis: number | null
}

/** A call as the platform got it. */
export interface Got {
  readonly call: Call
  readonly payOrderNo: string
  readonly prepared: string | null
  readonly atMillis: number
}

/** The platform behind the fake: what it got and holds, and what payers and faults do. */
export class FakeVendor extends Context.Tag("@payment-proxy/testkit/FakeVendor")<
  FakeVendor,
  {
    readonly got: Effect.Effect<ReadonlyArray<Got>>
    readonly payments: Effect.Effect<ReadonlyArray<Held>>
    readonly pay: (payOrderNo: string) => Effect.Effect<void>
    readonly refuse: (payOrderNo: string) => Effect.Effect<void>
    /** The next calls of this kind go so, one each; then normally again. */
    readonly script: (call: Call, ...behaviours: ReadonlyArray<Behaviour>) => Effect.Effect<void>
    /** Every call fails so until it is lifted again with `normal`. */
    readonly always: (call: Call, behaviour: Behaviour) => Effect.Effect<void>
  }
>() {}

/** The header by which the fake knows its own notifications. */
export const signature = { name: "x-fake-signature", good: "good" } as const

/** A notification of the fake, signed. */
export const notification = (payOrderNo: string, kind: "open" | "paid" | "failed" | "closed"): Incoming => ({
  headers: { [signature.name]: signature.good },
  body: new TextEncoder().encode(JSON.stringify({ payOrderNo, kind }))
})

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

class Platform {
  readonly #payments = new Map<string, Held>()
  readonly #scripts: { readonly [call in Call]: Array<Behaviour> } = { create: [], query: [], close: [] }
  readonly #always = new Map<Call, Behaviour>()
  readonly got: Array<Got> = []

  script(call: Call, behaviours: ReadonlyArray<Behaviour>): void {
    this.#scripts[call].push(...behaviours)
  }

  always(call: Call, behaviour: Behaviour): void {
    this.#always.set(call, behaviour)
  }

  next(call: Call): Behaviour {
    return this.#scripts[call].shift() ?? this.#always.get(call) ?? "normal"
  }

  held(): ReadonlyArray<Held> {
    return [...this.#payments.values()]
  }

  find(payOrderNo: string): Held | undefined {
    return this.#payments.get(payOrderNo)
  }

  create({ payOrderNo, amount }: Payment.Payment, prepared: string): void {
    if (this.#payments.has(payOrderNo)) return
    const transactionNo = `txn-${payOrderNo}`
    this.#payments.set(payOrderNo, { payOrderNo, transactionNo, prepared, amount, status: "open", paidAtMillis: null })
  }

  /** Ends an open payment; one that has ended stays as it is. */
  end(payOrderNo: string, status: Held["status"], paidAtMillis: number | null): void {
    const held = this.#payments.get(payOrderNo)
    if (held?.status === "open") this.#payments.set(payOrderNo, { ...held, status, paidAtMillis })
  }
}

type Said = Pick<Evidence.Evidence, "source" | "asked">

const evidenceOf = (
  held: Omit<Held, "prepared" | "amount"> | undefined,
  payment: Pick<Payment.Payment, "amount"> | null,
  said: Said,
  extraMinor: bigint
) => {
  const { source, asked } = said
  if (held === undefined) return Evidence.make("notFound", source, { asked })
  const amount = payment === null ? null : { ...payment.amount, amountMinor: payment.amount.amountMinor + extraMinor }
  const common = { asked, amount, transactionNo: held.transactionNo }
  switch (held.status) {
    case "open":
      return Evidence.make("open", source, {
        ...common,
        next: { type: "redirect", url: `https://cashier.example/${held.payOrderNo}` }
      })
    case "paid":
      return Evidence.make("paid", source, { ...common, captured: amount, paidAtMillis: held.paidAtMillis })
    case "failed":
      return Evidence.make("failed", source, { ...common, code: "DECLINED", detail: "The payer refused." })
    case "closed":
      return Evidence.make("closed", source, common)
  }
}

const vendorOf = (name: string): Vendor => ({
  name,
  kind: "fake",
  createTimeLimitMillis: 10_000,
  settlingMillis: 300_000
})

const make = (names: ReadonlyArray<string>) => {
  const platform = new Platform()

  const call = (kind: Call, payment: Payment.Payment, prepared: string | null, act: (nowMillis: number) => void) =>
    Effect.gen(function* () {
      if (!names.includes(payment.vendor)) return yield* new UnknownVendor({ vendor: payment.vendor })
      const behaviour = platform.next(kind)
      const atMillis = yield* Clock.currentTimeMillis
      platform.got.push({ call: kind, payOrderNo: payment.payOrderNo, prepared, atMillis })
      if (isDone(behaviour)) act(atMillis)
      if (behaviour === "hang") return yield* Effect.never
      if (!isAnswered(behaviour)) return yield* failure(behaviour)
      const asked = kind === "create" ? null : { version: payment.version, atMillis }
      const extra = behaviour === "wrongAmount" ? 1n : 0n
      return evidenceOf(platform.find(payment.payOrderNo), payment, { source: kind, asked }, extra)
    })

  const vendors = Vendors.of({
    get: (name) => (names.includes(name) ? Option.some(vendorOf(name)) : Option.none()),
    names,
    prepare: (payment, details) =>
      names.includes(payment.vendor)
        ? Effect.succeed(
            JSON.stringify({ no: payment.payOrderNo, description: details.description, payer: details.payer })
          )
        : new UnknownVendor({ vendor: payment.vendor }),
    create: (payment, prepared, untilMillis) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
        nowMillis > untilMillis
          ? new Unreachable({ detail: "Its time was over before it could be sent." })
          : call("create", payment, prepared, () => platform.create(payment, prepared))
      ),
    query: (payment) => call("query", payment, null, () => {}),
    close: (payment) => call("close", payment, null, () => platform.end(payment.payOrderNo, "closed", null)),
    notification: (vendor, { headers, body }) =>
      Effect.gen(function* () {
        if (!names.includes(vendor)) return yield* new UnknownVendor({ vendor })
        if (headers[signature.name] !== signature.good)
          return yield* new NotVerified({ reason: "no signature", reply: { status: 401, contentType: null, body: "" } })
        const { payOrderNo, kind } = JSON.parse(new TextDecoder().decode(body)) as {
          payOrderNo: string
          kind: Held["status"]
        }
        const transactionNo = `txn-${payOrderNo}`
        const held = { payOrderNo, transactionNo, status: kind, paidAtMillis: yield* Clock.currentTimeMillis }
        const evidence = evidenceOf(held, null, { source: "notification", asked: null }, 0n)
        return {
          subject: { by: "payOrderNo", no: payOrderNo },
          evidence,
          reply: { status: 200, contentType: "text/plain", body: "success" }
        }
      })
  })

  const ended = (payOrderNo: string, status: Held["status"]) =>
    Effect.map(Clock.currentTimeMillis, (nowMillis) =>
      platform.end(payOrderNo, status, status === "paid" ? nowMillis : null)
    )

  const fake = FakeVendor.of({
    got: Effect.sync(() => [...platform.got]),
    payments: Effect.sync(() => platform.held()),
    pay: (payOrderNo) => ended(payOrderNo, "paid"),
    refuse: (payOrderNo) => ended(payOrderNo, "failed"),
    script: (kind, ...behaviours) => Effect.sync(() => platform.script(kind, behaviours)),
    always: (kind, behaviour) => Effect.sync(() => platform.always(kind, behaviour))
  })
  return Context.make(Vendors, vendors).pipe(Context.add(FakeVendor, fake))
}

/** Vendors of these names, one platform behind them all. */
export const layer = (options: { readonly names: ReadonlyArray<string> }): Layer.Layer<Vendors | FakeVendor> =>
  Layer.effectContext(Effect.sync(() => make(options.names)))
