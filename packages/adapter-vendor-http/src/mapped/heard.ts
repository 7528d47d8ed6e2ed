import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib"
import type { ProxiedAnswer } from "@payment-proxy/ports"
import { Either } from "effect"
import type { Answer } from "../Http.ts"
import { valuesOf } from "./body.ts"

const maxBytes = 1024 * 1024
const bounded = { maxOutputLength: maxBytes }

type Decode = (bytes: Uint8Array) => Uint8Array

const gzip: Decode = (bytes) => gunzipSync(bytes, bounded)

/** What each coding is decoded by (RFC 9110 §8.4.1, RFC 7932, RFC 8878); at most 1 MB comes out, and no window is larger than 8 MB. */
const codings: { readonly [name: string]: Decode } = {
  gzip,
  "x-gzip": gzip,
  // Some servers leave out the frame that the name stands for.
  deflate: (bytes) => ((bytes[0] ?? 0) % 16 === 8 ? inflateSync(bytes, bounded) : inflateRawSync(bytes, bounded)),
  br: (bytes) => brotliDecompressSync(bytes, bounded),
  zstd: (bytes) => zstdDecompressSync(bytes, { ...bounded, params: { [constants.ZSTD_d_windowLogMax]: 23 } })
}

const utf8 = new TextDecoder("utf-8", { fatal: true })

const bytesOf = ({ headers, body, isWhole }: ProxiedAnswer): Either.Either<Uint8Array, string> => {
  if (!isWhole || body.length > maxBytes) return Either.left("It is larger than what is read of an answer.")
  const [coding, ...others] = valuesOf(headers, "content-encoding")
    .flatMap((value) => value.split(","))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity")
  if (coding === undefined) return Either.right(body)
  const decode = others.length === 0 && Object.hasOwn(codings, coding) ? codings[coding] : undefined
  if (decode === undefined) return Either.left("Its content coding is not one that is read.")
  return Either.try({ try: () => decode(body), catch: () => `Its ${coding} cannot be decoded to at most 1 MB.` })
}

/** An answer as it passed by, its text still to be had: decoded for reading, or a left that says why it cannot be. */
export const heard = (
  answer: ProxiedAnswer
): { readonly head: Omit<Answer, "text">; readonly text: Either.Either<string, string> } => {
  const names = answer.headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase())
  const headers = Object.fromEntries(names.map((name) => [name, valuesOf(answer.headers, name).join(", ")]))
  const { status, askedAtMillis } = answer
  const text = Either.flatMap(bytesOf(answer), (bytes) =>
    Either.try({ try: () => utf8.decode(bytes), catch: () => "It is not UTF-8." })
  )
  return { head: { status, headers, askedAtMillis }, text }
}
