import { Either, Encoding, Option } from "effect"
import { type Sealed, sizes } from "./Host.ts"

/** A sealed text and the key that it names. */
export interface Sealing extends Sealed {
  readonly keyId: string
}

const version = "v1"
const form = /^v1\.([0-9a-f]{8})\.([\w-]{16})\.([\w-]*)\.([\w-]{22})$/

/** What a sealing is bound to beside its key: version, key id and context, none of which can run into the next. */
export const additional = (keyId: string, context: string): string => `${version}.${keyId}.${context}`

const textOf = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString("base64url")

/** `v1.<keyId>.<iv>.<ciphertext>.<tag>`, the last three in base64url without padding. */
export const format = ({ keyId, iv, ciphertext, tag }: Sealing): string =>
  `${version}.${keyId}.${textOf(iv)}.${textOf(ciphertext)}.${textOf(tag)}`

/** Reads what `format` wrote, and nothing else: a text of other bits for the same bytes is none. */
export const parse = (text: string): Option.Option<Sealing> => {
  const [, keyId, ...parts] = form.exec(text) ?? []
  const [iv, ciphertext, tag] = parts.map((part) => Either.getOrUndefined(Encoding.decodeBase64Url(part)))
  if (keyId === undefined || iv === undefined || ciphertext === undefined || tag === undefined) return Option.none()
  const sealing = { keyId, iv, ciphertext, tag }
  return iv.length === sizes.iv && tag.length === sizes.tag && format(sealing) === text
    ? Option.some(sealing)
    : Option.none()
}
