import { Option } from "effect"
import { sizes } from "./Host.ts"

/** A sealed text: by a data key that is wrapped beside it, or, as it once was, by the key itself. */
export type Sealing =
  | { readonly form: "v2"; readonly keyId: string; readonly wrapped: Uint8Array; readonly body: Uint8Array }
  | { readonly form: "v1"; readonly keyId: string; readonly body: Uint8Array }

const v2 = /^v2\.([\w-]{1,64})\.([\w-]+)\.([\w-]+)$/
const v1 = /^v1\.([0-9a-f]{8})\.([\w-]{16})\.([\w-]*)\.([\w-]{22})$/
const keyId = /^v[12]\.([\w-]{1,64})\./

/** What is bound to a place: its version and context after what is bound beside them, none of which can run into the next. */
export const additional = {
  /** Of a wrapped data key, by the key that wraps it. */
  wrapped: (keyId: string, context: string): string => `v2.${keyId}.${context}`,
  /** Of a text, by its data key: it stays as it is when that is wrapped anew. */
  body: (context: string): string => `v2.${context}`,
  /** Of a text that a key sealed itself. */
  former: (keyId: string, context: string): string => `v1.${keyId}.${context}`
} as const

const textOf = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString("base64url")

/** `v2.<keyId>.<wrapped data key>.<iv, ciphertext and tag>`, the last two in base64url without padding. */
export const format = (keyId: string, wrapped: Uint8Array, body: Uint8Array): string =>
  `v2.${keyId}.${textOf(wrapped)}.${textOf(body)}`

const formatFormer = (keyId: string, body: Uint8Array): string => {
  const end = body.length - sizes.tag
  const parts = [body.subarray(0, sizes.iv), body.subarray(sizes.iv, end), body.subarray(end)]
  return `v1.${keyId}.${parts.map(textOf).join(".")}`
}

const bytesOf = (text: string): Buffer => Buffer.from(text, "base64url")

const parsed = (text: string): Sealing | null => {
  const [, keyId, wrapped, body] = v2.exec(text) ?? []
  if (keyId !== undefined && wrapped !== undefined && body !== undefined)
    return { form: "v2", keyId, wrapped: bytesOf(wrapped), body: bytesOf(body) }
  const [, formerId, ...parts] = v1.exec(text) ?? []
  return formerId === undefined ? null : { form: "v1", keyId: formerId, body: Buffer.concat(parts.map(bytesOf)) }
}

const written = (sealing: Sealing): string =>
  sealing.form === "v2"
    ? format(sealing.keyId, sealing.wrapped, sealing.body)
    : formatFormer(sealing.keyId, sealing.body)

/** Reads what was written as a sealing, and nothing else: a text of other bits for the same bytes is none. */
export const parse = (text: string): Option.Option<Sealing> => {
  const sealing = parsed(text)
  return sealing !== null && sealing.body.length >= sizes.iv + sizes.tag && written(sealing) === text
    ? Option.some(sealing)
    : Option.none()
}

/** The key that a text says it is sealed by; null where it says none. */
export const keyIdOf = (text: string): string | null => keyId.exec(text)?.[1] ?? null
