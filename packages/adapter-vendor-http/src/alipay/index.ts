import type { Payment } from "@payment-proxy/domain"
import { type Bill as Asked, InDoubt, Rejected, Throttled, Unreachable } from "@payment-proxy/ports"
import { Clock, Effect, Either, Stream } from "effect"
import type { Answer } from "../Http.ts"
import { told } from "../Reading.ts"
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

const make = (config: Config, keys: Keys.Keys, { send, open }: Needs): Vendor => {
  const { limits, settlingMillis, name } = config

  /** Signs and sends a request, and reads its answer. */
  const ask = <A>(
    request: Requests.Request,
    call: string,
    payOrderNo: string,
    millis: number,
    read: (answer: Answer) => Either.Either<A, Failure>,
    untilMillis = Number.POSITIVE_INFINITY
  ): Effect.Effect<A, Failure> =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
      Effect.flatMap(send(Requests.call(request, config, keys, nowMillis), { millis, untilMillis }), (answer) =>
        told(read(answer), { vendor: name, call, payOrderNo }, answer)
      )
    )

  const query = (payment: Payment.Payment) =>
    ask(Requests.query(payment, config), "query", payment.payOrderNo, limits.queryMillis, (answer) =>
      Answers.queried(answer, payment, keys)
    )

  const create = (payment: Payment.Payment, stored: Stored.Stored, untilMillis: number) => {
    const method = Requests.methodOf(stored)
    if (!signedOnly.has(method))
      return ask(
        stored,
        "create",
        payment.payOrderNo,
        limits.createMillis,
        (answer) => Answers.created(answer, payment, method, keys),
        untilMillis
      )
    return Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
      nowMillis < untilMillis
        ? Effect.succeed(handedOut(stored, config, keys, nowMillis))
        : new Unreachable({ detail: "Its time was over before it could be signed." })
    )
  }

  const bill = (asked: Asked) => {
    const dayMillis = Time.dayMillis(asked.day)
    if (dayMillis === null)
      return Stream.fail(new Rejected({ code: "FIELD_INVALID", detail: "A bill is of a day, written yyyy-MM-dd." }))
    const url = ask(Requests.bill(asked, config), "bill", "", limits.queryMillis, (answer) =>
      found(Answers.billed(answer, keys), dayMillis, answer.askedAtMillis)
    )
    return Stream.unwrap(
      Effect.map(url, (at) => (at === null ? Stream.empty : Bill.lines(fileOf(at, config, open), asked.of)))
    )
  }

  return {
    ...unable,
    name,
    kind: config.kind,
    abilities: ["create", "query", "close", "refund", "queryRefund", "notification", "bill"],
    createTimeLimitMillis: limits.createMillis,
    settlingMillis,
    graceMillis: 60_000,
    prepare: (payment, details) => prepare(payment, details, config),
    create: (payment, prepared, untilMillis) =>
      Either.match(Stored.read(prepared), {
        onLeft: () => Effect.fail(new Unreachable({ detail: "The stored request cannot be read." })),
        onRight: (stored) => create(payment, stored, untilMillis)
      }),
    query,
    close: (payment) =>
      Effect.flatMap(
        ask(Requests.close(payment, config), "close", payment.payOrderNo, limits.closeMillis, (answer) =>
          Answers.closed(answer, payment, keys)
        ),
        (said) => (said === "ask" ? query(payment) : Effect.succeed(said))
      ),
    refund: (payment, refund, untilMillis) =>
      ask(
        Requests.refund(payment, refund, config),
        "refund",
        payment.payOrderNo,
        limits.createMillis,
        (answer) => Answers.refunded(answer, payment, keys),
        untilMillis
      ),
    queryRefund: (payment, refund) =>
      ask(
        Requests.queryRefund(payment, refund, config),
        "queryRefund",
        payment.payOrderNo,
        limits.queryMillis,
        (answer) => Answers.queriedRefund(answer, payment, refund, settlingMillis, keys)
      ),
    notification: (incoming) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => Notification.read(incoming, config, keys, nowMillis)),
    onward: (prepared) => Either.match(Stored.read(prepared), { onLeft: () => null, onRight: (s) => s.returnUrl }),
    bill
  }
}

/** Alipay by its OpenAPI's v2 gateway (docs/vendors.md). */
export const kind: Kind<AlipayConfig, typeof AlipayConfig.Encoded> = {
  config: AlipayConfig,
  faultsOf: (config, nowMillis) => [
    ...(/[?#]/.test(config.baseUrl)
      ? [{ at: "/baseUrl", detail: "The gateway's address has no query: end it where its path ends." }]
      : []),
    ...Either.match(Keys.of(config), { onLeft: (faults) => faults, onRight: () => [] }),
    ...(nowMillis === null ? [] : Keys.expired(config, nowMillis))
  ],
  accountOf: ({ baseUrl, sellerId }) => JSON.stringify([new URL(baseUrl).href.replace(/\/+$/, ""), sellerId]),
  make: (config, needs) =>
    Either.match(Keys.of(config), {
      onLeft: (faults) =>
        Effect.dieMessage(`Vendor ${config.name}: ${faults.map(({ at, detail }) => `${at}: ${detail}`).join(" ")}`),
      onRight: (keys) => Effect.succeed(make(config, keys, needs))
    })
}
