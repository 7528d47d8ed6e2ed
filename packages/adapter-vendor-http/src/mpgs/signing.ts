import { hash, timingSafeEqual } from "node:crypto"
import { Redacted } from "effect"

/** The `authorization` of a merchant's call: HTTP Basic, RFC 7617, as `merchant.<id>`. */
export const basic = (merchantId: string, password: Redacted.Redacted): string =>
  `Basic ${Buffer.from(`merchant.${merchantId}:${Redacted.value(password)}`).toString("base64")}`

const digest = (text: string): Buffer => hash("sha256", text, "buffer")

/** Whether two texts are the same, in a time that says nothing about where they differ or how long the right one is. */
export const isSame = (given: string, right: string): boolean => timingSafeEqual(digest(given), digest(right))
