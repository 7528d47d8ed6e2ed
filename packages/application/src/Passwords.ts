import * as Crypto from "node:crypto"
import { Context, Data, Effect, Redacted } from "effect"
import * as Common from "./CommonPasswords.ts"
import * as Operator from "./Operator.ts"

/** A password that is not taken; `detail` says why. */
export class PasswordWeak extends Data.TaggedError("PasswordWeak")<{ readonly detail: string }> {}

/** So many passwords are being looked at that this one was not: nothing was done, try again in a moment. */
export class PasswordsBusy extends Data.TaggedError("PasswordsBusy") {}

const minChars = 12
const maxChars = 256

/** One text for what people type in several ways (NIST SP 800-63B §3.1.1.2). */
const normalized = (password: Redacted.Redacted): string => Redacted.value(password).normalize("NFKC")

/** The shortest text that `text` is made of again and again. */
const unitOf = (text: string): string => {
  const at = `${text}${text}`.indexOf(text, 1)
  return text.slice(0, at)
}

const isCommon = (text: string): boolean => {
  const lower = text.toLowerCase()
  const bare = lower.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, "")
  const units = [unitOf(lower), unitOf(bare)]
  return [lower, bare, ...units].some((word) => Common.words.has(word)) || units.some((unit) => [...unit].length <= 4)
}

const weak = (detail: string) => new PasswordWeak({ detail })

/** Whether a password may be one: 12 to 256 characters, none of those that everybody tries, and not the name. */
export const check = (password: Redacted.Redacted, name: string): Effect.Effect<void, PasswordWeak> => {
  const text = normalized(password)
  const chars = [...text].length
  if (chars < minChars) return weak(`A password has at least ${minChars} characters.`)
  if (chars > maxChars) return weak(`A password has at most ${maxChars} characters.`)
  if (isCommon(text)) return weak("Everybody tries this one first: take another one, or several words.")
  const own = Operator.compared(name)
  return own.length > 2 && Operator.compared(text).includes(own)
    ? weak("A password does not have one's name in it.")
    : Effect.void
}

const saltBytes = 16
const keyBytes = 32
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replace(/=+$/, "")

const derived = (run: (done: (fault: Error | null, key: Buffer) => void) => void): Effect.Effect<Buffer> =>
  Effect.uninterruptible(
    Effect.async((resume) => run((fault, key) => resume(fault === null ? Effect.succeed(key) : Effect.die(fault))))
  )

/** Argon2id (RFC 9106) with these costs: memory in KiB. */
const argon2 = (text: string, salt: Buffer, memory: number, passes: number, parallelism: number) =>
  derived((done) =>
    Crypto.argon2("argon2id", { message: text, nonce: salt, memory, passes, parallelism, tagLength: keyBytes }, done)
  )

/** scrypt (RFC 7914) with N = 2^ln. */
const scrypt = (text: string, salt: Buffer, ln: number, r: number, p: number) =>
  derived((done) => Crypto.scrypt(text, salt, keyBytes, { N: 2 ** ln, r, p, maxmem: 256 * 2 ** ln * r }, done))

/** What a hash costs: about 50 ms of one processor (OWASP Password Storage: argon2id m=19 MiB t=2 p=1, scrypt N=2^17 r=8 p=1). */
export interface Costs {
  readonly argon2: { readonly memory: number; readonly passes: number } | null
  readonly scrypt: { readonly ln: number }
}

export const usualCosts: Costs = {
  argon2: typeof Crypto.argon2 === "function" ? { memory: 19_456, passes: 2 } : null,
  scrypt: { ln: 17 }
}

/** The PHC string of a salt and a key that was made with these costs. */
const written = (costs: Costs, salt: Buffer, key: Buffer): string => {
  const ends = `${base64(salt)}$${base64(key)}`
  return costs.argon2 === null
    ? `$scrypt$ln=${costs.scrypt.ln},r=8,p=1$${ends}`
    : `$argon2id$v=19$m=${costs.argon2.memory},t=${costs.argon2.passes},p=1$${ends}`
}

/** A password as it is kept: a PHC string. */
const hashed = (text: string, costs: Costs): Effect.Effect<string> => {
  const salt = Crypto.randomBytes(saltBytes)
  const made =
    costs.argon2 === null
      ? scrypt(text, salt, costs.scrypt.ln, 8, 1)
      : argon2(text, salt, costs.argon2.memory, costs.argon2.passes, 1)
  return Effect.map(made, (key) => written(costs, salt, key))
}

const phc =
  /^\$(?:argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})|scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2}))\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** Whether a password is the one that was hashed; a hash that is not understood is nobody's. */
const matches = (text: string, hash: string): Effect.Effect<boolean> => {
  const [, m, t, p, ln, r, sp, salt = "", key = ""] = phc.exec(hash) ?? []
  const bytes = Buffer.from(salt, "base64")
  if (key === "") return Effect.succeed(false)
  const again =
    m === undefined
      ? scrypt(text, bytes, Number(ln), Number(r), Number(sp))
      : argon2(text, bytes, Number(m), Number(t), Number(p))
  const expected = Buffer.from(key, "base64")
  return Effect.map(again, (made) => made.length === expected.length && Crypto.timingSafeEqual(made, expected))
}

const atOnce = 2
const maxWaiting = 8

/** A hasher that works at two passwords at a time, and lets eight wait: signing in never takes the processors from payments. */
export const make = (costs: Costs) => {
  const turns = Effect.unsafeMakeSemaphore(atOnce)
  let asked = 0
  const nobodys = written(costs, Crypto.randomBytes(saltBytes), Crypto.randomBytes(keyBytes))
  const inTurn = <A>(work: Effect.Effect<A>): Effect.Effect<A, PasswordsBusy> =>
    Effect.suspend(() => {
      if (asked >= atOnce + maxWaiting) return new PasswordsBusy()
      asked += 1
      return Effect.ensuring(
        turns.withPermits(1)(work),
        Effect.sync(() => {
          asked -= 1
        })
      )
    })
  return {
    /** A password as it is kept: a PHC string, another one each time. */
    hash: (password: Redacted.Redacted) => inTurn(hashed(normalized(password), costs)),
    /** Whether it is the password; for null it takes as long, and it is not. */
    verify: (password: Redacted.Redacted, hash: string | null) =>
      inTurn(Effect.map(matches(normalized(password), hash ?? nobodys), (isRight) => isRight && hash !== null))
  }
}

/** How passwords are hashed and known again; of one process one. */
export class Passwords extends Context.Reference<Passwords>()("@payment-proxy/application/Passwords", {
  defaultValue: () => make(usualCosts)
}) {}
