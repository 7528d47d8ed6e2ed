import { randomFillSync } from "node:crypto"

const pool = Buffer.alloc(4096)
let used = pool.length

/** So many bytes, at most 4096, that nobody can guess, in hex; the system is asked for many at once. */
export const randomHex = (bytes: number): string => {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.toString("hex", used - bytes, used)
}
