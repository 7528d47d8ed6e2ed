import { sign as signBytes, verify as verifyBytes } from "node:crypto"
import type { Keys } from "./keys.ts"

/** Parameters by name. */
export type Parameters = ReadonlyArray<readonly [name: string, value: string]>

/** What is signed of parameters: those that have a value, sorted by name, as `k=v` joined by `&`, nothing encoded (vendors' reference §2b). */
export const contentOf = (parameters: Parameters): string => joined(parameters.filter(([, value]) => value !== ""))

/** The same with the empty ones kept: some of Alipay's senders sign them (vendors' reference §2c). */
export const contentWithEmptyOf = (parameters: Parameters): string => joined(parameters)

const joined = (parameters: Parameters): string =>
  [...parameters]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")

/** The signature (RSASSA-PKCS1-v1_5 over SHA-256, in base64) by which Alipay knows the app. */
export const sign = (content: string, { own }: Pick<Keys, "own">): string =>
  signBytes("sha256", Buffer.from(content), own).toString("base64")

/** Whether Alipay signed this text. */
export const verify = (content: string, signature: string, { alipay }: Pick<Keys, "alipay">): boolean =>
  /^[A-Za-z0-9+/]{1,1024}={0,2}$/.test(signature) &&
  verifyBytes("sha256", Buffer.from(content), alipay, Buffer.from(signature, "base64"))

/** Whether the certificate of Alipay that is configured holds at a time; a key without one always does. */
export const holds = ({ numbers }: Keys, nowMillis: number): boolean =>
  numbers === null || (nowMillis >= numbers.fromMillis && nowMillis < numbers.untilMillis)
