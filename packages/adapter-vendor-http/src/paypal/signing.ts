import { type KeyObject, verify as verifySignature } from "node:crypto"
import { crc32 } from "node:zlib"
import type { Incoming, RefusalReason } from "@payment-proxy/ports"
import { Either } from "effect"

/** Why a notification is not taken. */
export interface Fault {
  readonly reason: RefusalReason
  readonly detail: string
}

/** A left that says why. */
export const fault = (reason: RefusalReason, detail: string): Either.Either<never, Fault> =>
  Either.left({ reason, detail })

/** What came with a notification beside its body (vendors' reference §4c). */
export interface Transmission {
  readonly id: string
  readonly time: string
  readonly signature: Uint8Array
  readonly certificateUrl: string
}

/** A blank or bar in it would let one signed text be read as another. */
const plain = (length: number) => new RegExp(`^[\\x21-\\x7b\\x7d\\x7e]{1,${length}}$`)
const idForm = plain(50)
const timeForm = plain(100)
const maxSignature = 1024

/** The headers of a notification; a left where one is missing or has not its form, or the algorithm is not PayPal's. */
export const transmissionOf = ({ headers }: Pick<Incoming, "headers">): Either.Either<Transmission, Fault> => {
  const id = headers["paypal-transmission-id"]
  const time = headers["paypal-transmission-time"]
  const signature = headers["paypal-transmission-sig"]
  const certificateUrl = headers["paypal-cert-url"]
  const algorithm = headers["paypal-auth-algo"]
  if (
    id === undefined ||
    time === undefined ||
    signature === undefined ||
    certificateUrl === undefined ||
    algorithm === undefined
  )
    return fault("SIGNATURE", "A signature header is missing.")
  if (algorithm !== "SHA256withRSA") return fault("SIGNATURE", "The signature's algorithm is not SHA256withRSA.")
  if (!idForm.test(id) || !timeForm.test(time) || signature.length > maxSignature)
    return fault("SIGNATURE", "A signature header is too long or has not its form.")
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(signature)) return fault("SIGNATURE", "The signature is not base64.")
  return Either.right({ id, time, signature: Buffer.from(signature, "base64"), certificateUrl })
}

/** The text that PayPal signs: the webhook's id is ours, and the checksum is of the body's bytes as they came. */
export const signedText = (
  { id, time }: Pick<Transmission, "id" | "time">,
  webhookId: string,
  body: Uint8Array
): string => `${id}|${time}|${webhookId}|${crc32(body)}`

/** Whether PayPal's key signed this very delivery for this webhook (RSASSA-PKCS1-v1_5 with SHA-256, RFC 8017 §8.2). */
export const verify = (
  transmission: Transmission,
  webhookId: string,
  body: Uint8Array,
  key: KeyObject
): Either.Either<void, Fault> => {
  const text = Buffer.from(signedText(transmission, webhookId, body))
  const isSigned = Either.try(() => verifySignature("RSA-SHA256", text, key, transmission.signature))
  return Either.isRight(isSigned) && isSigned.right ? Either.void : fault("SIGNATURE", "The signature is not right.")
}
