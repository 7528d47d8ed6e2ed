import { Context } from "effect"

/** So many wrong passwords lock an account. */
export const lockAfter = 5
const minuteMillis = 60_000
const maxLockMinutes = 15

/** For how long so many wrong passwords lock an account: one minute, two, four, up to 15. */
export const lockMillis = (failures: number): number =>
  failures < lockAfter ? 0 : Math.min(2 ** (failures - lockAfter), maxLockMinutes) * minuteMillis

/** How often sign-in fails from one address before it waits, and how soon it may try once more. */
const addressTries = 10
const addressTryMillis = 30_000
const maxKept = 10_000

/** What is kept of the newest so many. */
const newest = <A>() => {
  const kept = new Map<string, A>()
  return {
    get: (key: string) => kept.get(key),
    set: (key: string, value: A): void => {
      kept.delete(key)
      const [oldest] = kept.keys()
      if (kept.size >= maxKept && oldest !== undefined) kept.delete(oldest)
      kept.set(key, value)
    },
    delete: (key: string) => kept.delete(key)
  }
}

/** An IPv6 address by the network that one customer has (RFC 6177), and an IPv4 one as it is. */
export const networkOf = (address: string | null): string => {
  if (address === null) return "-"
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "")
  if (!plain.includes(":")) return plain
  const [head = "", tail] = plain.toLowerCase().split("::")
  const before = head === "" ? [] : head.split(":")
  const after = tail === undefined || tail === "" ? [] : tail.split(":")
  const zeros = Array.from({ length: Math.max(8 - before.length - after.length, 0) }, () => "0")
  return [...before, ...zeros, ...after].slice(0, 4).join(":")
}

/** What one process knows of tries to sign in, bounded: of addresses, and of names that nobody has, which are locked as accounts are. */
export const make = () => {
  const addresses = newest<{ readonly left: number; readonly atMillis: number }>()
  const names = newest<{ readonly failures: number; readonly lockedUntilMillis: number }>()
  const told = newest<number>()
  const leftOf = (network: string, nowMillis: number): number => {
    const known = addresses.get(network)
    if (known === undefined) return addressTries
    return Math.min(known.left + (nowMillis - known.atMillis) / addressTryMillis, addressTries)
  }
  return {
    /** Takes one of the address's tries; milliseconds to wait where it has none. */
    from: (address: string | null, nowMillis: number): number => {
      const network = networkOf(address)
      const left = leftOf(network, nowMillis)
      if (left < 1) return Math.ceil((1 - left) * addressTryMillis)
      addresses.set(network, { left: left - 1, atMillis: nowMillis })
      return 0
    },
    /** The try was none that failed. */
    giveBack: (address: string | null, nowMillis: number): void => {
      const network = networkOf(address)
      addresses.set(network, { left: Math.min(leftOf(network, nowMillis) + 1, addressTries), atMillis: nowMillis })
    },
    /** Counts a try for a name that nobody has; milliseconds to wait where it is locked. */
    unknown: (compared: string, nowMillis: number): number => {
      const { failures, lockedUntilMillis } = names.get(compared) ?? { failures: 0, lockedUntilMillis: 0 }
      if (lockedUntilMillis > nowMillis) return lockedUntilMillis - nowMillis
      names.set(compared, { failures: failures + 1, lockedUntilMillis: nowMillis + lockMillis(failures + 1) })
      return 0
    },
    /** Whether a refusal of tries from this address is to go on record: one a minute is. */
    isToTell: (address: string | null, nowMillis: number): boolean => {
      const network = networkOf(address)
      if (nowMillis - (told.get(network) ?? Number.NEGATIVE_INFINITY) < minuteMillis) return false
      told.set(network, nowMillis)
      return true
    }
  }
}

/** The tries that this process has seen. */
export class Attempts extends Context.Reference<Attempts>()("@payment-proxy/application/Attempts", {
  defaultValue: make
}) {}
