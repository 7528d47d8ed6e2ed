import { Either, Encoding, Redacted } from "effect"
import * as Host from "./Host.ts"

/** A key that seals other secrets: the id that its sealings carry, and the key. */
export interface Key {
  readonly id: string
  readonly object: Host.KeyObject
}

const base64 = /^[A-Za-z0-9+/]{43}=$/

/** 32 bytes in standard base64; `null` for any other text. */
export const parse = (text: Redacted.Redacted): Key | null => {
  const trimmed = Redacted.value(text).trim()
  const bytes = base64.test(trimmed) ? Either.getOrNull(Encoding.decodeBase64(trimmed)) : null
  return bytes === null ? null : { id: Host.fingerprint(bytes), object: Host.secretKey(bytes) }
}
