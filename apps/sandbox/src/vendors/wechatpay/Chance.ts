import { randomInt } from "node:crypto"
import { randomHex } from "../../Random.ts"

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/** So many letters and digits by chance, that nobody can guess. */
export const word = (length: number): string =>
  Array.from({ length }, () => letters.charAt(randomInt(letters.length))).join("")

/** So many digits by chance. */
export const digits = (length: number): string => Array.from({ length }, () => String(randomInt(10))).join("")

/** A UUID as notifications are numbered. */
export const uuid = (): string => randomHex(16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
