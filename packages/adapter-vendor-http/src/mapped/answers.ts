import type { Evidence, Payment } from "@payment-proxy/domain"
import { JsonPointer } from "@payment-proxy/domain"
import type { Operation } from "@payment-proxy/ports"
import { InDoubt, Rejected, Throttled } from "@payment-proxy/ports"
import { Either } from "effect"
import type { Answer } from "../Http.ts"
import type { MappedConfig } from "./config.ts"
import * as MappedEvidence from "./evidence.ts"

/** Statuses by which a create was certainly not accepted (vendors' reference §5e). */
const refusals = new Set([400, 403, 404, 405, 406, 410, 413, 414, 415, 422])

/** What a text is as JSON. */
export const json = (text: string): Either.Either<unknown, unknown> => Either.try((): unknown => JSON.parse(text))

/** When the vendor says that the call may come again; null where it does not. */
export const retryAfterMillis = ({ headers }: Pick<Answer, "headers">): number | null => {
  const text = headers["retry-after"]
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) * 1000 : null
}

/** The code that the body of an error has; null where it has none. */
export const errorCode = (body: unknown, config: MappedConfig): string | null => {
  const code = MappedEvidence.at(body, config.error.code)
  return typeof code === "string" && /^[\w.-]{1,64}$/.test(code) ? code : null
}

/** A list of what was found, and nothing in it, where the first of them should stand. */
export const isEmptyList = (body: unknown, pointer: string): boolean => {
  const place = JsonPointer.parts(pointer)
  const list = JsonPointer.at(body, place.slice(0, -1))
  return place.at(-1) === "0" && Array.isArray(list) && list.length === 0
}

/** The vendor says that our token does not reach this far (RFC 6750 §3.1). */
const isScopeMissing = ({ status, headers }: Pick<Answer, "status" | "headers">): boolean =>
  status === 403 && /error\s*=\s*"?insufficient_scope"?/i.test(headers["www-authenticate"] ?? "")

/** The answer to a call that the vendor did not take up, whatever it was about. */
export const unheardOf = (answer: Pick<Answer, "status" | "headers">): Throttled | null => {
  if (answer.status === 429)
    return new Throttled({ retryAfterMillis: retryAfterMillis(answer), detail: "The vendor asks for patience." })
  // It is about us, not about the order: the same call may come again when the vendor knows us.
  if (answer.status === 401)
    return new Throttled({ retryAfterMillis: null, detail: "The vendor did not take what we proved ourselves with." })
  if (isScopeMissing(answer))
    return new Throttled({ retryAfterMillis: null, detail: "Our token may not do this: ask for a wider scope." })
  return null
}

/** What an answer comes to that does not hold what was asked for: a refusal, or a doubt. */
export const withoutIt = (
  { status }: Pick<Answer, "status">,
  body: unknown,
  what: string,
  config: MappedConfig
): Rejected | InDoubt => {
  const code = errorCode(body, config)
  const isReused = code !== null && code === config.error.numberReused
  if (refusals.has(status) && !isReused)
    return new Rejected({ code: code ?? `HTTP_${status}`, detail: `The vendor answered HTTP ${status}.` })
  const isSuccess = status >= 200 && status < 300
  return new InDoubt({ detail: `The vendor answered HTTP ${status}${isSuccess ? ` without ${what}` : ""}.` })
}

/** What an answer says about the order, or about the call alone; what is not understood is in doubt. */
export const read = (
  answer: Answer,
  payment: Payment.Payment,
  source: Operation,
  config: MappedConfig
): Either.Either<Evidence.Evidence, Rejected | Throttled | InDoubt> => {
  const { status } = answer
  const asked = source === "create" ? null : { version: payment.version, atMillis: answer.askedAtMillis }
  const said = { source, asked }
  const unheard = unheardOf(answer)
  if (unheard !== null) return Either.left(unheard)
  if (status === 404 && source !== "create") return Either.right(MappedEvidence.notFound(said))
  const body = Either.getOrUndefined(json(answer.text))
  const isSuccess = status >= 200 && status < 300
  if (isSuccess && source === "query" && isEmptyList(body, config.answer.payment))
    return Either.right(MappedEvidence.notFound(said))
  const stated = MappedEvidence.at(body, isSuccess ? config.answer.payment : config.error.payment)
  if (stated !== undefined && (isSuccess || (source === "close" && config.error.payment !== undefined)))
    return Either.mapLeft(
      MappedEvidence.fromPayment(stated, payment.merchantOrderNo, config, said),
      (detail) => new InDoubt({ detail })
    )
  return Either.left(withoutIt(answer, body, "a payment", config))
}
