import type { Payment } from "@payment-proxy/domain"
import { InDoubt, Rejected, Throttled, Unreachable } from "@payment-proxy/ports"
import { Clock, Effect, Either, Stream } from "effect"
import { followed } from "../Following.ts"
import type { Answer } from "../Http.ts"
import { told } from "../Reading.ts"
import { addressFaults, lengthFaults } from "../Settings.ts"
import { type Failure, type Kind, type Needs, type Placed, unable, type Vendor } from "../Vendor.ts"
import * as Answers from "./answers.ts"
import * as Bill from "./bill.ts"
import { AlipayConfig } from "./config.ts"
import * as AlipayEvidence from "./evidence.ts"
import * as Keys from "./keys.ts"
import * as Notification from "./notification.ts"
import { prepare } from "./prepare.ts"
import * as Requests from "./requests.ts"
import * as Stored from "./stored.ts"
import * as Time from "./time.ts"

/** A refund is not to be seen for some 10 s after its call (vendors' reference §2). */
const recommended = { refund: [10, 15, 30, 60, 300, 600, 1800, 3600] }

type Config = AlipayConfig & Placed

/** What a create that is only signed gives the payer's browser or app. */
const handedOut = (stored: Stored.Stored, config: Config, keys: Keys.Keys, nowMillis: number) => {
  const next: Payment.Facts["next"] =
    Requests.methodOf(stored) === Requests.methods.app
      ? { type: "app", parameters: { orderString: Requests.orderString(stored, keys, nowMillis) } }
      : { type: "redirect", url: Requests.address(stored, config, keys, nowMillis) }
  return AlipayEvidence.open({ source: "create", asked: null }, next, null)
}

const signedOnly = new Set<string>([Requests.methods.page, Requests.methods.wap, Requests.methods.app])

/** Where a day's bill lies; null where there is none and will be none. */
const found = (
  said: Answers.Read<URL | null>,
  dayMillis: number,
  nowMillis: number
): Either.Either<URL | null, Failure> =>
  Either.filterOrLeft(
    said,
    (url) => url !== null || nowMillis >= Bill.readyMillis(dayMillis),
    () => new Throttled({ retryAfterMillis: null, detail: "The day's bill is not ready yet." })
  )

/** How long the server of the bills may keep silent. */
const fileMillis = 60_000

const fileOf = (url: URL, { baseUrl }: Config, open: Needs["open"]) =>
  url.protocol === "https:" || url.protocol === new URL(baseUrl).protocol
    ? Stream.unwrapScoped(
        Effect.map(
          open(
            {
              method: "GET",
              origin: url.origin,
              path: `${url.pathname}${url.search}`,
              headers: ["accept", "*/*"],
              body: null
            },
            fileMillis
          ),
          ({ status, body }) =>
            status === 200 ? body : Stream.fail(new InDoubt({ detail: `The bill's server answered HTTP ${status}.` }))
        )
      )
    : Stream.fail(new InDoubt({ detail: "The bill's address is not safe to fetch." }))

type Ask = <A>(
  request: Requests.Request,
  of: { readonly call: string; readonly payOrderNo: string },
  limit: { readonly millis: number; readonly untilMillis?: number },
  read: (answer: Answer) => Either.Either<A, Failure>
) => Effect.Effect<A, Failure>

/** How a request is signed and sent, and its answer read. */
const asking =
  (config: Config, keys: Keys.Keys, send: Needs["send"]): Ask =>
  (request, of, { millis, untilMillis = Number.POSITIVE_INFINITY }, read) =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
      Effect.flatMap(send(Requests.call(request, config, keys, nowMillis), { millis, untilMillis }), (answer) =>
        told(read(answer), { vendor: config.name, ...of }, answer)
      )
    )

const creating =
  (config: Config, keys: Keys.Keys, ask: Ask): Vendor["create"] =>
  (payment, prepared, untilMillis) =>
    Either.match(Stored.read(prepared), {
      onLeft: () => Effect.fail(new Unreachable({ detail: "The stored request cannot be read." })),
      onRight: (stored) => {
        const method = Requests.methodOf(stored)
        const { payOrderNo } = payment
        if (!signedOnly.has(method))
          return ask(
            stored,
            { call: "create", payOrderNo },
            { millis: config.limits.createMillis, untilMillis },
            (answer) => Answers.created(answer, payment, method, keys)
          )
        return Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
          nowMillis < untilMillis
            ? Effect.succeed(handedOut(stored, config, keys, nowMillis))
            : new Unreachable({ detail: "Its time was over before it could be signed." })
        )
      }
    })

const billing =
  (config: Config, keys: Keys.Keys, ask: Ask, open: Needs["open"]): Vendor["bill"] =>
  (bill) => {
    const dayMillis = Time.dayMillis(bill.day)
    if (dayMillis === null)
      return Stream.fail(new Rejected({ code: "FIELD_INVALID", detail: "A bill is of a day, written yyyy-MM-dd." }))
    const url = ask(
      Requests.bill(bill, config),
      { call: "bill", payOrderNo: "" },
      { millis: config.limits.queryMillis },
      (answer) => found(Answers.billed(answer, keys), dayMillis, answer.askedAtMillis)
    )
    return Stream.unwrap(
      Effect.map(url, (at) => (at === null ? Stream.empty : Bill.lines(fileOf(at, config, open), bill.of)))
    )
  }

const make = (config: Config, keys: Keys.Keys, { send, open }: Needs): Vendor => {
  const { limits, settlingMillis, name } = config
  const ask = asking(config, keys, send)

  const query: Vendor["query"] = (payment) =>
    ask(
      Requests.query(payment, config),
      { call: "query", payOrderNo: payment.payOrderNo },
      { millis: limits.queryMillis },
      (answer) => Answers.queried(answer, payment, keys)
    )

  const close: Vendor["close"] = (payment) =>
    Effect.flatMap(
      ask(
        Requests.close(payment, config),
        { call: "close", payOrderNo: payment.payOrderNo },
        { millis: limits.closeMillis },
        (answer) => Answers.closed(answer, payment, keys)
      ),
      (said) => (said === "ask" ? query(payment) : Effect.succeed(said))
    )

  return {
    ...unable,
    name,
    kind: config.kind,
    abilities: ["create", "query", "close", "refund", "queryRefund", "notification", "bill"],
    createTimeLimitMillis: limits.createMillis,
    settlingMillis,
    ...followed(config, recommended),
    graceMillis: 60_000,
    prepare: (payment, details) => prepare(payment, details, config),
    create: creating(config, keys, ask),
    query,
    close,
    refund: (payment, refund, untilMillis) =>
      ask(
        Requests.refund(payment, refund, config),
        { call: "refund", payOrderNo: payment.payOrderNo },
        { millis: limits.createMillis, untilMillis },
        (answer) => Answers.refunded(answer, payment, keys)
      ),
    queryRefund: (payment, refund) =>
      ask(
        Requests.queryRefund(payment, refund, config),
        { call: "queryRefund", payOrderNo: payment.payOrderNo },
        { millis: limits.queryMillis },
        (answer) => Answers.queriedRefund(answer, payment, refund, settlingMillis, keys)
      ),
    notification: (incoming) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => Notification.read(incoming, config, keys, nowMillis)),
    onward: (prepared) =>
      Either.match(Stored.read(prepared), { onLeft: () => null, onRight: ({ returnUrl }) => returnUrl }),
    bill: billing(config, keys, ask, open)
  }
}

/** Alipay by its OpenAPI's v2 gateway (docs/vendors.md). */
export const kind: Kind<AlipayConfig, typeof AlipayConfig.Encoded> = {
  config: AlipayConfig,
  faultsOf: (config, nowMillis) => [
    ...addressFaults(config),
    ...(/[?#]/.test(config.baseUrl)
      ? [{ at: "/baseUrl", detail: "The gateway's address has no query: end it where its path ends." }]
      : []),
    ...Either.match(Keys.of(config), { onLeft: (faults) => faults, onRight: () => [] }),
    ...(nowMillis === null ? [] : Keys.expired(config, nowMillis))
  ],
  notifyFaultsOf: (notifyUrl) => lengthFaults(notifyUrl, 256),
  accountOf: ({ baseUrl, sellerId }) => JSON.stringify([new URL(baseUrl).href.replace(/\/+$/, ""), sellerId]),
  make: (config, needs) =>
    Either.match(Keys.of(config), {
      onLeft: (faults) =>
        Effect.dieMessage(`Vendor ${config.name}: ${faults.map(({ at, detail }) => `${at}: ${detail}`).join(" ")}`),
      onRight: (keys) => Effect.succeed(make(config, keys, needs))
    })
}
