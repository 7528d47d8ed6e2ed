import { Context } from "effect"

const poolSize = 4096

/** Random bytes of the platform's secure source, fetched many at a time: each fetch is a call of the system. */
const pooled = () => {
  const pool = new Uint8Array(poolSize)
  let at = poolSize
  return (count: number): Uint8Array => {
    if (count > poolSize) return crypto.getRandomValues(new Uint8Array(count))
    if (at + count > poolSize) {
      crypto.getRandomValues(pool)
      at = 0
    }
    const taken = pool.slice(at, at + count)
    pool.fill(0, at, at + count)
    at += count
    return taken
  }
}

/** Random bytes; the platform's secure source unless a test brings its own. */
export class Entropy extends Context.Reference<Entropy>()("@payment-proxy/application/Entropy", {
  defaultValue: () => ({ bytes: pooled() })
}) {}
