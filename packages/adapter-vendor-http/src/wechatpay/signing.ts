import { createDecipheriv, type KeyObject, randomBytes, sign as signBytes, verify as verifyBytes } from "node:crypto"
import { Clock, Effect, Either } from "effect"
import type { Call } from "../Http.ts"
import type { Account } from "./account.ts"

/** What makes a signature one of its own: the second it was made in, and chance. */
export interface Stamp {
  readonly timestamp: string
  readonly nonce: string
}

/** A stamp of now; its nonce is 32 hexadecimal digits of the system's chance. */
export const stamp: Effect.Effect<Stamp> = Effect.map(Clock.currentTimeMillis, (nowMillis) => ({
  timestamp: String(Math.floor(nowMillis / 1000)),
  nonce: randomBytes(16).toString("hex")
}))

/** Lines as WeChat Pay signs them: each ended by a line feed, also the last (vendors' reference §1b). */
export const message = (lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")

/** RSASSA-PKCS1-v1_5 with SHA-256 over the text's UTF-8 bytes, in base64. */
export const sign = (text: string, key: KeyObject): string =>
  signBytes("sha256", Buffer.from(text, "utf8"), key).toString("base64")

/** A call before it is signed; its path has the query and no prefix of the base address. */
export interface Request {
  readonly method: "GET" | "POST"
  readonly path: string
  readonly body: string | null
}

/** The value of `Authorization` for a request whose path is as it goes out (vendors' reference §1b). */
export const authorization = (
  { method, path, body }: Request,
  { mchid, serial, key }: Pick<Account, "mchid" | "serial" | "key">,
  { timestamp, nonce }: Stamp
): string => {
  const signature = sign(message([method, path, timestamp, nonce, body ?? ""]), key)
  return `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",timestamp="${timestamp}",serial_no="${serial}",signature="${signature}"`
}

/** The signed call; the public key that the answer can be verified by is named where there is one. */
export const call = (request: Request, account: Account, now: Stamp): Call => {
  const out = { ...request, path: `${account.prefix}${request.path}` }
  const named = account.publicKey === null ? [] : ["wechatpay-serial", account.publicKey.id]
  const typed = request.body === null ? [] : ["content-type", "application/json"]
  return {
    ...out,
    origin: account.origin,
    headers: ["authorization", authorization(out, account, now), ...named, ...typed]
  }
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/

const bytesOf = (text: string): Buffer | null =>
  text.length % 4 === 0 && base64.test(text) ? Buffer.from(text, "base64") : null

/** Whether the key signed exactly this body, timestamp and nonce (vendors' reference §1c). */
export const verify = (
  { timestamp, nonce }: Stamp,
  body: string | Uint8Array,
  signature: string,
  key: KeyObject
): boolean => {
  const bytes = bytesOf(signature)
  if (bytes === null || bytes.length === 0) return false
  const signed = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), Buffer.from(body), Buffer.from("\n")])
  return verifyBytes("sha256", signed, key, bytes)
}

/** What WeChat Pay encrypts with the APIv3 key. */
export interface Sealed {
  readonly algorithm: string
  readonly nonce: string
  readonly associated_data?: string | null | undefined
  readonly ciphertext: string
}

const tagBytes = 16

/** The text that was sealed, by AEAD_AES_256_GCM; a left says in a sentence why it is not to be had. */
export const open = (sealed: Sealed, apiV3Key: string): Either.Either<string, string> => {
  if (sealed.algorithm !== "AEAD_AES_256_GCM") return Either.left("It is encrypted by another algorithm.")
  const bytes = bytesOf(sealed.ciphertext)
  if (bytes === null || bytes.length < tagBytes) return Either.left("Its ciphertext is cut short or no base64.")
  return Either.try({
    try: () => {
      // As text: a Buffer for a key costs Node seven times as much (docs/performance.md).
      const decipher = createDecipheriv("aes-256-gcm", apiV3Key, Buffer.from(sealed.nonce), {
        authTagLength: tagBytes
      })
      decipher.setAAD(Buffer.from(sealed.associated_data ?? ""))
      decipher.setAuthTag(bytes.subarray(-tagBytes))
      const plain = Buffer.concat([decipher.update(bytes.subarray(0, -tagBytes)), decipher.final()])
      return new TextDecoder("utf-8", { fatal: true }).decode(plain)
    },
    catch: () => "It does not decrypt by the APIv3 key."
  })
}
