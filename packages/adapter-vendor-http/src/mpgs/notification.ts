import type { Incoming, RefusalReason, Reply, Verified } from "@payment-proxy/ports"
import { NotVerified } from "@payment-proxy/ports"
import { Either, Redacted, Schema } from "effect"
import type { MpgsConfig } from "./config.ts"
import * as Signing from "./signing.ts"
import * as Wire from "./wire.ts"

const maxBytes = 64 * 1024

const empty = (status: number): Reply => ({ status, contentType: null, body: "" })
const statuses: Partial<Record<RefusalReason, number>> = { SIGNATURE: 401, FOREIGN: 403 }

const refuse = (reason: RefusalReason, detail: string): Either.Either<never, NotVerified> =>
  Either.left(new NotVerified({ reason, detail, reply: empty(statuses[reason] ?? 400) }))

const utf8 = new TextDecoder("utf-8", { fatal: true })
const decode = Schema.decodeUnknownEither(Wire.Notice)

const noticeOf = (body: Uint8Array): Either.Either<typeof Wire.Notice.Type, unknown> =>
  Either.flatMap(
    Either.flatMap(
      Either.try(() => utf8.decode(body)),
      Wire.parse
    ),
    (json): Either.Either<typeof Wire.Notice.Type, unknown> => decode(json)
  )

const isJson = (contentType: string | undefined): boolean =>
  contentType === undefined || /^application\/json\s*(?:;|$)/i.test(contentType)

/**
 * A notification that came with our secret: only a hint which order to ask about, as nothing authenticates its content.
 * One without the secret, about another merchant, or not understood is refused.
 */
export const read = ({ headers, body }: Incoming, config: MpgsConfig): Either.Either<Verified, NotVerified> => {
  if (body.byteLength > maxBytes) return refuse("CONTENT", `The body is larger than ${maxBytes} bytes.`)
  const secret = headers["x-notification-secret"]
  if (secret === undefined) return refuse("SIGNATURE", "The secret is missing.")
  if (!Signing.isSame(secret, Redacted.value(config.webhookSecret)))
    return refuse("SIGNATURE", "The secret is another one.")
  if (!isJson(headers["content-type"])) return refuse("CONTENT", "The content type is not JSON.")
  const notice = noticeOf(body)
  if (Either.isLeft(notice)) return refuse("CONTENT", "The body is not a transaction of the gateway.")
  const { merchant, order } = notice.right
  if (merchant !== config.merchantId) return refuse("FOREIGN", "It is about another merchant.")
  return Either.right({
    subject: { by: "merchantOrderNo", no: order.id },
    evidence: null,
    reply: empty(200),
    refusal: empty(503)
  })
}
