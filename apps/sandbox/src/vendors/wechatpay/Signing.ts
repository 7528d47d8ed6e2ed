import type { KeyObject } from "node:crypto"
import { createCipheriv, sign as signWith, verify as verifyWith } from "node:crypto"

/** The name that stands before the pairs of an `Authorization` header. */
export const scheme = "WECHATPAY2-SHA256-RSA2048"

/** The five lines of a request, each with its line feed: `target` is the request line's, `body` the bytes that came. */
export const requestMessage = (
  method: string,
  target: string,
  timestamp: string,
  nonce: string,
  body: Buffer
): Buffer => Buffer.concat([Buffer.from(`${method}\n${target}\n${timestamp}\n${nonce}\n`), body, Buffer.from("\n")])

/** The lines of anything else that is signed, each with its line feed: an answer's and a notification's three, a payer's four. */
export const lines = (...all: ReadonlyArray<string>): Buffer => Buffer.from(all.map((line) => `${line}\n`).join(""))

/** RSASSA-PKCS1-v1_5 with SHA-256, in base64. */
export const sign = (key: KeyObject, message: Buffer): string => signWith("sha256", message, key).toString("base64")

/** Whether a signature in base64 is the key's of this message. */
export const verify = (key: KeyObject, message: Buffer, signature: string): boolean =>
  /^[0-9A-Za-z+/]+={0,2}$/.test(signature) && verifyWith("sha256", message, key, Buffer.from(signature, "base64"))

/** The five pairs of an `Authorization` header. */
export interface Authorization {
  readonly mchid: string
  readonly nonce_str: string
  readonly timestamp: string
  readonly serial_no: string
  readonly signature: string
}

const names = ["mchid", "nonce_str", "timestamp", "serial_no", "signature"] as const

/** What an `Authorization` header says, in whatever order; `undefined` where it is not one of this scheme with each of the five pairs once. */
export const authorizationIn = (header: string | undefined): Authorization | undefined => {
  if (header?.startsWith(`${scheme} `) !== true) return undefined
  const pairs = header
    .slice(scheme.length + 1)
    .split(",")
    .map((pair) => /^([a-z_]+)="([^"]*)"$/.exec(pair))
  const found: { [name: string]: string } = {}
  for (const pair of pairs) {
    const [, name, value] = pair ?? []
    if (name === undefined || value === undefined || Object.hasOwn(found, name)) return undefined
    found[name] = value
  }
  const [mchid, nonce_str, timestamp, serial_no, signature] = names.map((name) => found[name])
  if (pairs.length !== names.length) return undefined
  if (mchid === undefined || nonce_str === undefined || timestamp === undefined) return undefined
  if (serial_no === undefined || signature === undefined) return undefined
  return { mchid, nonce_str, timestamp, serial_no, signature }
}

/** AES-256-GCM with the tag at the end, in base64; the key and the nonce are texts of which the bytes count (`AEAD_AES_256_GCM`). */
export const encrypted = (key: string, nonce: string, associatedData: string, plain: string): string => {
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(key), Buffer.from(nonce))
  cipher.setAAD(Buffer.from(associatedData))
  return Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]).toString("base64")
}
