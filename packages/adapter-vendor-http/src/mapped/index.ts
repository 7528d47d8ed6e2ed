import type { Evidence, Payment } from "@payment-proxy/domain"
import type { VendorTokens } from "@payment-proxy/ports"
import { InDoubt, Rejected, Throttled, Unreachable } from "@payment-proxy/ports"
import type { Context } from "effect"
import { Clock, Effect, Either, Redacted } from "effect"
import type { Answer, Call, Limit, Send } from "../Http.ts"
import { redacted } from "../Redaction.ts"
import type { Vendor } from "../Vendor.ts"
import type { Mapped } from "./config.ts"
import * as MappedEvidence from "./evidence.ts"
import * as Notification from "./notification.ts"
import * as Requests from "./requests.ts"

type Tokens = Context.Tag.Service<VendorTokens>
type Source = "create" | "query" | "close"

/** Statuses by which a create was certainly not accepted (vendors' reference §5e). */
const refusals = new Set([400, 401, 403, 404, 405, 406, 410, 413, 414, 415, 422])

const json = (text: string): Either.Either<unknown, unknown> => Either.try((): unknown => JSON.parse(text))

/** The vendor says that this very token is bad (RFC 6750 §3.1): the request was not processed. */
const isBadToken = ({ status, headers }: Answer): boolean =>
  status === 401 && /error\s*=\s*"?invalid_token"?/i.test(headers["www-authenticate"] ?? "")

const retryAfterMillis = ({ headers }: Answer): number | null => {
  const text = headers["retry-after"]
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) * 1000 : null
}

const errorCode = (body: unknown, config: Mapped): string | null => {
  const code = MappedEvidence.at(body, config.error.code)
  return typeof code === "string" && /^[\w.-]{1,64}$/.test(code) ? code : null
}

/** What an answer says about the order, or about the call alone; what is not understood is in doubt. */
const read = (
  answer: Answer,
  payment: Payment.Payment,
  source: Source,
  config: Mapped
): Either.Either<Evidence.Evidence, Rejected | Throttled | InDoubt> => {
  const { status } = answer
  const asked = source === "create" ? null : { version: payment.version, atMillis: answer.askedAtMillis }
  const said = { source, asked }
  if (status === 429)
    return Either.left(
      new Throttled({ retryAfterMillis: retryAfterMillis(answer), detail: "The vendor asks for patience." })
    )
  if (status === 404 && source !== "create") return Either.right(MappedEvidence.notFound(said))
  const body = Either.getOrUndefined(json(answer.text))
  const isSuccess = status >= 200 && status < 300
  const stated = isSuccess ? body : MappedEvidence.at(body, config.error.payment)
  if (stated !== undefined && (isSuccess || (source === "close" && config.error.payment !== undefined)))
    return Either.mapLeft(
      MappedEvidence.fromPayment(stated, payment.payOrderNo, config, said),
      (detail) => new InDoubt({ detail })
    )
  const code = errorCode(body, config)
  const isReused = code !== null && code === config.error.numberReused
  if (refusals.has(status) && !isReused)
    return Either.left(new Rejected({ code: code ?? `HTTP_${status}`, detail: `The vendor answered HTTP ${status}.` }))
  return Either.left(
    new InDoubt({ detail: `The vendor answered HTTP ${status}${isSuccess ? " without a payment" : ""}.` })
  )
}

/** A vendor that is described by configuration alone. */
export const make = (config: Mapped, tokens: Tokens, send: Send): Vendor => {
  const token = Effect.suspend(() => tokens.get(config.name)).pipe(
    Effect.mapError(({ detail }) => new Unreachable({ detail }))
  )

  const sendWith = (call: Call, bearer: Redacted.Redacted, limit: Limit) =>
    send({ ...call, headers: { ...call.headers, authorization: `Bearer ${Redacted.value(bearer)}` } }, limit)

  /** Sends a call with a token; once more with a fresh one where the vendor says that the first is bad. */
  const sendTokened = (call: Call, limit: Limit) =>
    Effect.flatMap(token, (first) =>
      Effect.flatMap(sendWith(call, first, limit), (answer) =>
        isBadToken(answer)
          ? Effect.zipRight(
              tokens.discard(config.name, first),
              Effect.flatMap(token, (second) => sendWith(call, second, limit))
            )
          : Effect.succeed(answer)
      )
    )

  const ask = (
    call: Call,
    payment: Payment.Payment,
    source: Source,
    millis: number,
    untilMillis = Number.POSITIVE_INFINITY
  ) =>
    Effect.flatMap(sendTokened(call, { millis, untilMillis }), (answer) => {
      const said = read(answer, payment, source, config)
      if (Either.isRight(said) || said.left._tag !== "InDoubt") return said
      return Effect.logWarning(`An answer was not understood. ${said.left.detail}`).pipe(
        Effect.annotateLogs({
          vendor: config.name,
          call: source,
          payOrderNo: payment.payOrderNo,
          status: answer.status,
          said: redacted(answer.text)
        }),
        Effect.zipRight(said)
      )
    })

  return {
    name: config.name,
    kind: config.kind,
    createTimeLimitMillis: config.limits.createMillis * 2,
    settlingMillis: config.settlingMillis,
    prepare: (payment, details) => Requests.prepare(payment, details, config),
    create: (payment, prepared, untilMillis) =>
      Either.match(Requests.createCall(prepared, config), {
        onLeft: () => Effect.fail(new Unreachable({ detail: "The stored request cannot be read." })),
        onRight: (call) => ask(call, payment, "create", config.limits.createMillis, untilMillis)
      }),
    query: (payment) => ask(Requests.queryCall(payment, config), payment, "query", config.limits.queryMillis),
    close: (payment) => ask(Requests.closeCall(payment, config), payment, "close", config.limits.closeMillis),
    notification: (incoming) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => Notification.read(incoming, config, nowMillis))
  }
}
