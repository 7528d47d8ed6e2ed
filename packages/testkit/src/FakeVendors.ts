import { type Currency, type Evidence, Money, type Payment, type RefundMachine } from "@payment-proxy/domain"
import type {
  CallFailure,
  Confirming,
  Incoming,
  InDoubt,
  ProxiedAnswer,
  ProxiedCall,
  Reply,
  ReturnQuery,
  Vendor
} from "@payment-proxy/ports"
import { NotVerified, Rejected, UnknownVendor, Unreachable, Vendors } from "@payment-proxy/ports"
import { Clock, Context, Effect, Either, Layer, Option, Schema, Stream } from "effect"
import * as FakeMapping from "./FakeMapping.ts"
import {
  type Asked,
  type Behaviour,
  type Call,
  type Got,
  type Held,
  type HeldRefund,
  Platform
} from "./platform/Platform.ts"
import * as Sayings from "./platform/Sayings.ts"

export type { Behaviour, Call, Got, Held, HeldRefund } from "./platform/Platform.ts"

/** The platform behind the fake: what it got and holds, and what payers and faults do. Payments go by the merchant's number. */
export class FakeVendor extends Context.Tag("@payment-proxy/testkit/FakeVendor")<
  FakeVendor,
  {
    readonly got: Effect.Effect<ReadonlyArray<Got>>
    readonly payments: Effect.Effect<ReadonlyArray<Held>>
    readonly pay: (merchantOrderNo: string) => Effect.Effect<void>
    /** The payer's money comes although the platform had ended the payment. */
    readonly payLate: (merchantOrderNo: string) => Effect.Effect<void>
    readonly refuse: (merchantOrderNo: string) => Effect.Effect<void>
    /** A payer who was refused may try again after all. */
    readonly reopen: (merchantOrderNo: string) => Effect.Effect<void>
    /** The payer approved: the money is there to be taken by `complete`. */
    readonly approve: (merchantOrderNo: string) => Effect.Effect<void>
    /** The money is held: it is there to be taken by `capture`, until `untilMillis` where that is said. */
    readonly authorize: (merchantOrderNo: string, untilMillis?: number) => Effect.Effect<void>
    /** The platform's desk gives back so many minor units. */
    readonly refundAtDesk: (merchantOrderNo: string, amountMinor: bigint) => Effect.Effect<void>
    /** What becomes of a refund, by our number, whatever it was. */
    readonly settleRefund: (refundNo: string, state: HeldRefund["state"]) => Effect.Effect<void>
    /** The payer's bank took so much back, or is done with it. */
    readonly dispute: (
      merchantOrderNo: string,
      dispute: { readonly disputeNo: string; readonly amountMinor: bigint; readonly state: "open" | "won" | "lost" }
    ) => Effect.Effect<void>
    /** The vendors are configured otherwise from now on. */
    readonly configure: (patch: Partial<Omit<Vendor, "name">>) => Effect.Effect<void>
    /** A call of the platform's own API, whoever makes it; `FakeMapping` reads the answer. */
    readonly pass: (call: ProxiedCall) => Effect.Effect<ProxiedAnswer, Unreachable | InDoubt>
    /** The next calls of this kind go so, one each; then normally again. */
    readonly script: (call: Call, ...behaviours: ReadonlyArray<Behaviour>) => Effect.Effect<void>
    /** Every call fails so until it is lifted again with `normal`. */
    readonly always: (call: Call, behaviour: Behaviour) => Effect.Effect<void>
    /** Every call goes normally from now on, whatever was scripted. */
    readonly calm: Effect.Effect<void>
  }
>() {}

/** The secret by which the fake knows its own notifications; it proves nothing of the body. */
export const proof = { name: "x-fake-secret", good: "good" } as const

/** A notification of the fake, with its secret. */
export const notification = (
  merchantOrderNo: string,
  kind: Held["status"],
  amount: { readonly minor: number; readonly currency: Currency.Currency } | null = null
): Incoming => ({
  headers: { [proof.name]: proof.good },
  body: new TextEncoder().encode(JSON.stringify({ merchantOrderNo, kind, amount }))
})

/** A notification of the fake that says all it knows of a payment, refunds and the last dispute too. */
export const news = ({ merchantOrderNo }: Pick<Held, "merchantOrderNo">): Incoming => ({
  headers: { [proof.name]: proof.good },
  body: new TextEncoder().encode(JSON.stringify({ merchantOrderNo, kind: "news", amount: null }))
})

const refused: Reply = { status: 401, contentType: null, body: "" }

const seconds = (...counts: ReadonlyArray<number>) => counts.map((count) => count * 1000)
const inDoubt = seconds(1, 2, 4, 8, 15, 30, 60, 120, 300, 600)
const confirming: Confirming = {
  inDoubt,
  pending: seconds(5, 5, 10, 15, 30, 30, 60, 120, 300, 600),
  authorized: inDoubt,
  closing: inDoubt,
  refund: seconds(5, 15, 30, 60, 300, 600, 1800, 3600)
}

const vendorOf = (name: string): Vendor => ({
  name,
  kind: "fake",
  abilities: ["create", "query", "close", "capture", "complete", "refund", "queryRefund", "notification"],
  createTimeLimitMillis: 10_000,
  settlingMillis: 300_000,
  graceMillis: 0,
  confirming,
  latePaid: "refund"
})

const sourceOf = (call: Call): Evidence.Evidence["source"] =>
  call === "query" || call === "close" || call === "create" ? call : "operation"

/** The page that a prepared request names. */
const decodePage = (prepared: string) =>
  Either.map(
    Schema.decodeEither(Schema.parseJson(Schema.Struct({ returnUrl: Schema.NullOr(Schema.String) })))(prepared),
    ({ returnUrl }) => returnUrl
  )

/** What the fake does not play. */
const unable = (names: ReadonlyArray<string>) => {
  const refused = (vendor: string) =>
    names.includes(vendor)
      ? new Rejected({ code: "NOT_SUPPORTED", detail: "The fake cannot do this." })
      : new UnknownVendor({ vendor })
  const known = <A>(vendor: string, value: A): Effect.Effect<A, UnknownVendor> =>
    names.includes(vendor) ? Effect.succeed(value) : new UnknownVendor({ vendor })
  return {
    returned: ({ vendor }: Payment.Payment, { indicator }: ReturnQuery) =>
      known(vendor, indicator === undefined ? null : indicator === "right"),
    onward: ({ vendor }: Payment.Payment, prepared: string) => known(vendor, Either.getOrNull(decodePage(prepared))),
    bill: (vendor: string) => Stream.fail(refused(vendor))
  }
}

/** The platform's own API (`FakeMapping`), with its faults. */
const passed = (platform: Platform, mapping: ReturnType<typeof FakeMapping.make>, call: ProxiedCall) =>
  Effect.gen(function* () {
    const meant = Either.getOrNull(mapping.recognise(call.method, call.path, call.query))
    if (meant === null) return FakeMapping.shown(undefined, 0n, yield* Clock.currentTimeMillis)
    const asked = meant.operation === "create" ? createOf(mapping, call) : askedBy(platform, meant)
    return yield* platform.take(asked).pipe(
      Effect.map(({ held, extraMinor, atMillis }) => FakeMapping.shown(held, extraMinor, atMillis)),
      Effect.catchTags({
        Rejected: (failure) => Effect.map(Clock.currentTimeMillis, (at) => FakeMapping.refused(failure, at)),
        Throttled: (failure) => Effect.map(Clock.currentTimeMillis, (at) => FakeMapping.refused(failure, at))
      })
    )
  })

const createOf = (mapping: ReturnType<typeof FakeMapping.make>, call: ProxiedCall): Asked => {
  const { merchantOrderNo, amount } = Either.getOrThrow(mapping.order(call))
  return { call: "create", merchantOrderNo, create: { amount, prepared: mapping.prepared(call) } }
}

const askedBy = (
  platform: Platform,
  { operation, by, no }: { readonly operation: "query" | "close"; readonly by: string; readonly no: string }
): Asked => {
  const held = platform.held().find(({ transactionNo }) => transactionNo === no)
  const merchantOrderNo = by === "transactionNo" ? (held?.merchantOrderNo ?? "") : no
  return { call: operation, merchantOrderNo, create: null }
}

/** A call, unless its time is over before it could be sent. */
const inTime = <A, E>(untilMillis: number, sent: Effect.Effect<A, E>): Effect.Effect<A, E | Unreachable> =>
  Effect.filterOrFail(
    Clock.currentTimeMillis,
    (nowMillis) => nowMillis <= untilMillis,
    () => new Unreachable({ detail: "Its time was over before it could be sent." })
  ).pipe(Effect.zipRight(sent))

/** The last dispute of a payment, or what it is. */
const newsOf = (platform: Platform, merchantOrderNo: string): Evidence.Evidence => {
  const held = platform.held().find((one) => one.merchantOrderNo === merchantOrderNo)
  const dispute = held?.disputes.at(-1)
  return dispute === undefined
    ? Sayings.evidenceOf(held, held?.amount ?? null, { source: "notification", asked: null })
    : Sayings.disputed(dispute, "notification")
}

/** The fake and its platform, as services. */
export const make = (names: ReadonlyArray<string>) => {
  const platform = new Platform()

  let configured: Partial<Omit<Vendor, "name">> = {}

  const taken = (
    { vendor, merchantOrderNo }: Payment.Payment,
    asked: Omit<Asked, "merchantOrderNo">
  ): Effect.Effect<Effect.Effect.Success<ReturnType<Platform["take"]>>, CallFailure> =>
    names.includes(vendor) ? platform.take({ ...asked, merchantOrderNo }) : new UnknownVendor({ vendor })

  const call = (kind: Call, payment: Payment.Payment, create: Asked["create"], operation?: Payment.Operation) =>
    Effect.map(
      taken(payment, {
        call: kind,
        create,
        ...(operation === undefined ? {} : { operationNo: operation.no, amountMinor: operation.amountMinor })
      }),
      ({ held, extraMinor, atMillis }) => {
        const { version, amount } = payment
        const stated = { ...amount, amountMinor: amount.amountMinor + extraMinor }
        const asked = kind === "query" || kind === "close" ? { version, atMillis } : null
        return Sayings.evidenceOf(held, stated, { source: sourceOf(kind), asked }, extraMinor)
      }
    )

  const callOfRefund = (kind: "refund" | "queryRefund", payment: Payment.Payment, refund: RefundMachine.Refund) =>
    Effect.map(
      taken(payment, {
        call: kind,
        create: null,
        operationNo: refund.refundNo,
        amountMinor: refund.amount.amountMinor
      }),
      ({ held, extraMinor, atMillis }) => {
        const asked = kind === "queryRefund" ? { version: refund.version, atMillis } : null
        const source = kind === "queryRefund" ? "query" : "operation"
        return Sayings.refundEvidenceOf(held, refund, { source, asked }, extraMinor)
      }
    )

  const vendors = Vendors.of({
    get: (name) => (names.includes(name) ? Option.some({ ...vendorOf(name), ...configured }) : Option.none()),
    names,
    prepare: (payment, details) =>
      names.includes(payment.vendor)
        ? Effect.succeed(
            JSON.stringify({
              no: payment.merchantOrderNo,
              description: details.description,
              payer: details.payer,
              returnUrl: details.returnUrl
            })
          )
        : new UnknownVendor({ vendor: payment.vendor }),
    create: (payment, prepared, untilMillis) =>
      inTime(untilMillis, call("create", payment, { amount: payment.amount, prepared })),
    query: (payment) => call("query", payment, null),
    close: (payment) => call("close", payment, null),
    capture: (payment, operation, untilMillis) => inTime(untilMillis, call("capture", payment, null, operation)),
    complete: (payment, operation, untilMillis) => inTime(untilMillis, call("complete", payment, null, operation)),
    refund: (payment, refund, untilMillis) => inTime(untilMillis, callOfRefund("refund", payment, refund)),
    queryRefund: (payment, refund) => callOfRefund("queryRefund", payment, refund),
    ...unable(names),
    notification: (vendor, { headers, body }) =>
      Effect.gen(function* () {
        if (!names.includes(vendor)) return yield* new UnknownVendor({ vendor })
        if (headers[proof.name] !== proof.good)
          return yield* new NotVerified({ reason: "SIGNATURE", detail: "not its secret", reply: refused })
        const { merchantOrderNo, kind, amount } = JSON.parse(new TextDecoder().decode(body)) as {
          merchantOrderNo: string
          kind: Held["status"] | "news"
          amount: { readonly minor: number; readonly currency: Currency.Currency } | null
        }
        const stated = amount === null ? null : Money.make(BigInt(amount.minor), amount.currency)
        const transactionNo = `txn-${merchantOrderNo}`
        const paidAtMillis = yield* Clock.currentTimeMillis
        const said = { source: "notification", asked: null } as const
        return {
          subject: { by: "merchantOrderNo", no: merchantOrderNo },
          evidence:
            kind === "news"
              ? newsOf(platform, merchantOrderNo)
              : Sayings.evidenceOf({ merchantOrderNo, transactionNo, status: kind, paidAtMillis }, stated, said),
          reply: { status: 200, contentType: "text/plain", body: "success" },
          refusal: refused
        }
      })
  })

  const ended = (merchantOrderNo: string, status: Held["status"]) =>
    Effect.map(Clock.currentTimeMillis, (nowMillis) =>
      platform.end(merchantOrderNo, status, { paidAtMillis: status === "paid" ? nowMillis : null })
    )

  const mapping = FakeMapping.make(names[0] ?? "")
  const fake = FakeVendor.of({
    got: Effect.sync(() => [...platform.got]),
    payments: Effect.sync(() => platform.held()),
    pay: (merchantOrderNo) => ended(merchantOrderNo, "paid"),
    payLate: (merchantOrderNo) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis) => platform.payLate(merchantOrderNo, nowMillis)),
    refuse: (merchantOrderNo) => ended(merchantOrderNo, "failed"),
    reopen: (merchantOrderNo) => Effect.sync(() => platform.reopen(merchantOrderNo)),
    approve: (merchantOrderNo) => ended(merchantOrderNo, "approved"),
    authorize: (merchantOrderNo, untilMillis) =>
      Effect.sync(() => platform.end(merchantOrderNo, "authorized", { authorizedUntilMillis: untilMillis ?? null })),
    refundAtDesk: (merchantOrderNo, amountMinor) =>
      Effect.sync(() => platform.refund(merchantOrderNo, null, amountMinor, "succeeded")),
    settleRefund: (refundNo, state) => Effect.sync(() => platform.settle(refundNo, state)),
    dispute: (merchantOrderNo, dispute) => Effect.sync(() => platform.dispute(merchantOrderNo, dispute)),
    configure: (patch) =>
      Effect.sync(() => {
        configured = { ...configured, ...patch }
      }),
    pass: (own) => passed(platform, mapping, own),
    script: (kind, ...behaviours) => Effect.sync(() => platform.script(kind, behaviours)),
    always: (kind, behaviour) => Effect.sync(() => platform.always(kind, behaviour)),
    calm: Effect.sync(() => platform.calm())
  })
  return Context.make(Vendors, vendors).pipe(Context.add(FakeVendor, fake))
}

/** Vendors of these names, one platform behind them all. */
export const layer = (options: { readonly names: ReadonlyArray<string> }): Layer.Layer<Vendors | FakeVendor> =>
  Layer.effectContext(Effect.sync(() => make(options.names)))
