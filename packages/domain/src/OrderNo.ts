import { Brand, Schema as S } from "effect"

/** An order's number: 29 of [0-9A-Z], sortable by time, unique across processes. */
export type OrderNo = string & Brand.Brand<"OrderNo">

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
const timeLength = 10
const shardLength = 3
const randomBytes = 10
const pattern = /^[0-9A-HJKMNP-TV-Z]{29}$/

const utf8 = new TextEncoder()

/** How many shards the digits of an order number can name. */
export const shards = 2 ** (5 * shardLength)

/** A whole number below 2^53, its last digits. */
const encode = (value: number, length: number): string => {
  let text = ""
  for (let left = value; text.length < length; left = Math.floor(left / 32)) text = alphabet.charAt(left % 32) + text
  return text
}

/** Bytes, five bits a digit. */
const encodeBytes = (bytes: Uint8Array): string => {
  let text = ""
  let bits = 0
  let count = 0
  for (const byte of bytes) {
    bits = (bits << 8) | byte
    for (count += 8; count >= 5; count -= 5) text += alphabet.charAt((bits >>> (count - 5)) & 31)
    bits &= (1 << count) - 1
  }
  return text
}

const decode = (text: string): number => [...text].reduce((value, letter) => value * 32 + alphabet.indexOf(letter), 0)

/** Whether a text has the form of an order number. */
export const is = (text: string): text is OrderNo => pattern.test(text)

const refundPattern = /^([0-9A-HJKMNP-TV-Z]{29})R([1-9][0-9]{0,3})$/

/** How many refunds a payment can have: as many as there are numbers for them. */
export const maxRefunds = 9999

/** The number of a payment's refund: the payment's own with `R` and a count from 1, so that it lives on the payment's shard. */
export const refundNo = (payOrderNo: string, count: number): string => `${payOrderNo}R${count}`

/** The payment's number in that of one of its refunds; null for what is none. */
export const paymentOf = (refundNo: string): string | null => refundPattern.exec(refundNo)?.[1] ?? null

/** The number for a time (ms since the epoch), a shard (0 to 32767) and at least 10 random bytes. */
export const make = (input: {
  readonly nowMillis: number
  readonly shard: number
  readonly random: Uint8Array
}): OrderNo =>
  Brand.nominal<OrderNo>()(
    encode(Math.floor(input.nowMillis), timeLength) +
      encode(input.shard, shardLength) +
      encodeBytes(input.random.subarray(0, randomBytes))
  )

/** What no number of this time or later is less than, and every earlier one is: for looking at the oldest. */
export const least = (millis: number): string => encode(Math.max(Math.floor(millis), 0), timeLength)

/** When the number was made, in milliseconds since the epoch. */
export const timeMillis = (no: OrderNo): number => decode(no.slice(0, timeLength))

/** The shard that the order lives on. */
export const shard = (no: OrderNo): number => decode(no.slice(timeLength, timeLength + shardLength))

/** The shard of an order that is found by `keys`: a stable 15-bit FNV-1a hash of them. */
export const shardOf = (...keys: ReadonlyArray<string>): number => {
  let hash = 0x811c9dc5
  for (const byte of utf8.encode(keys.join("\u0000"))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return (hash ^ (hash >>> 15)) & (shards - 1)
}

/** An order number as text. */
export const Schema = S.String.pipe(S.filter(is, { identifier: "OrderNo" }))
