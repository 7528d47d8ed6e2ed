import { createHmac, createSecretKey } from "node:crypto"
import { Data, Either, Encoding, Redacted } from "effect"

/** The text is not a secret of the scheme; `detail` says what is wrong and shows none of it. */
export class SecretInvalid extends Data.TaggedError("SecretInvalid")<{ readonly detail: string }> {}

/** What is signed together (Standard Webhooks 1.0.0): `id.timestamp.body`. */
export interface Signed {
  readonly id: string
  readonly timestampSeconds: number
  readonly body: string
}

const prefix = "whsec_"
const minBytes = 24
const maxBytes = 64
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const visible = /^[\x21-\x2d\x2f-\x7e]{1,256}$/

const invalid = (detail: string) => Either.left(new SecretInvalid({ detail }))

/** The key inside `whsec_…`: 24 to 64 bytes in standard base64 with padding. */
export const key = (secret: Redacted.Redacted): Either.Either<Uint8Array, SecretInvalid> => {
  const text = Redacted.value(secret)
  if (!text.startsWith(prefix)) return invalid(`The endpoint's secret does not begin with ${prefix}.`)
  const encoded = text.slice(prefix.length)
  if (!base64.test(encoded)) return invalid(`The endpoint's secret is not standard base64 after ${prefix}.`)
  return Either.filterOrLeft(
    Either.mapLeft(
      Encoding.decodeBase64(encoded),
      () => new SecretInvalid({ detail: `The endpoint's secret is not standard base64 after ${prefix}.` })
    ),
    ({ length }) => length >= minBytes && length <= maxBytes,
    ({ length }) =>
      new SecretInvalid({
        detail: `The endpoint's secret has ${length} bytes: it needs ${minBytes} to ${maxBytes}.`
      })
  )
}

/** Whether an id can be signed and sent: 1 to 256 visible ASCII characters, none of them the dot that parts the signed text. */
export const isId = (id: string): boolean => visible.test(id)

/** The `v1` signature: HMAC-SHA256 over `id.timestamp.body`, as the `webhook-signature` header carries it. */
export const sign = (key: Uint8Array, { id, timestampSeconds, body }: Signed): string =>
  // Node takes bytes as a key in four times as long as it takes a key object, with the making of one.
  `v1,${createHmac("sha256", createSecretKey(key)).update(`${id}.${timestampSeconds}.${body}`, "utf8").digest("base64")}`
