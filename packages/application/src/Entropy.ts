import { Context, Effect } from "effect"

/** Random bytes; the platform's secure source unless a test brings its own. */
export class Entropy extends Context.Reference<Entropy>()("@payment-proxy/application/Entropy", {
  defaultValue: () => ({ bytes: (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count)) })
}) {}

/** `count` random bytes. */
export const bytes = (count: number): Effect.Effect<Uint8Array> =>
  Effect.map(Entropy, (entropy) => entropy.bytes(count))

/** `count` random bytes as hex. */
export const hex = (count: number): Effect.Effect<string> =>
  Effect.map(bytes(count), (random) => Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join(""))
