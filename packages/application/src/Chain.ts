import { createHmac, createSecretKey, hash, randomBytes } from "node:crypto"
import { DataKeys, type StoreUnavailable, Vault } from "@payment-proxy/ports"
import { Clock, Context, Data, Effect, Layer, Schema } from "effect"

/** What of an entry of a history is chained: all that it says. */
export interface Link {
  readonly payOrderNo: string
  readonly version: number
  readonly state: string
  readonly cause: string
  readonly detail: string | null
  readonly atMillis: number
  /** Null where nothing was heard, and of entries from before answers were kept. */
  readonly answer: string | null
}

/** The installation's audit key cannot be had, so nothing may be written: what is wrong, and how to mend it. */
export class AuditKeyLost extends Data.TaggedError("AuditKeyLost")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

/** Half of a character cannot be on disk, where it would become this one; texts are cut to length, also in the middle of one. */
const text = (value: string): string => (value.isWellFormed() ? value : value.toWellFormed())

/** An entry and the hash before it as one text, different for different ones: JSON tells `null` from a text and ends each text. */
const canonical = (previous: string | null, entry: Link): string => {
  const { payOrderNo, version, state, cause, detail, atMillis, answer } = entry
  const said = [previous, payOrderNo, version, state, text(cause), detail === null ? null : text(detail), atMillis]
  return JSON.stringify(answer === null ? said : [...said, text(answer)])
}

const chain = (keyId: string, sinceMillis: number, digest: (text: string) => string) => {
  const link = (previous: string | null, entry: Link): string => `${keyId}.${digest(canonical(previous, entry))}`
  return {
    /** The hash of an entry after `previous`: `<keyId>.<64 hex digits>`, at most 80 characters. */
    link,
    /** Whether `hash` is what `link` makes of the entry after `previous`. */
    holds: (previous: string | null, entry: Link, hash: string): boolean => link(previous, entry) === hash,
    /** The key that it chains by. */
    keyId,
    /** Since when entries are chained, in milliseconds since the epoch: an order that is younger is chained from its first version. */
    sinceMillis
  }
}

/**
 * Chains the entries of a history: each one's hash is over what it says and the hash before it. Without a key of the
 * installation (`layer`) it is a plain SHA-256, which finds accidents, but no forger.
 */
export class Chain extends Context.Reference<Chain>()("@payment-proxy/application/Chain", {
  defaultValue: () => chain("plain", 0, (said) => hash("sha256", said, "hex"))
}) {}

const keyBytes = 32
const name = "audit"

/** What the audit key is sealed to. */
export const auditKeyContext = "payment_proxy_data_key/audit/sealed"

/** The key with the time since which it chains: sealed together, so that nobody who has no key can move it. */
const Kept = Schema.parseJson(
  Schema.Struct({
    key: Schema.Uint8ArrayFromBase64.pipe(Schema.filter((bytes) => bytes.length === keyBytes)),
    sinceMillis: Schema.Number
  })
)
const encode = Schema.encodeSync(Kept)
const decode = Schema.decodeUnknown(Kept)

const lost = () =>
  new AuditKeyLost({
    detail:
      "The audit key does not open: it was sealed by a key that is not in the key file, or its row in payment_proxy_data_key was altered. Put that key back into the file, or the row as a backup has it."
  })

/** The chain of the installation: HMAC-SHA-256 (RFC 2104) by its audit key, which is made and sealed where there is none yet. */
export const make: Effect.Effect<Chain["Type"], AuditKeyLost | StoreUnavailable, DataKeys | Vault> = Effect.gen(
  function* () {
    const vault = yield* Vault
    const keys = yield* DataKeys
    const ours = encode({ key: randomBytes(keyBytes), sinceMillis: yield* Clock.currentTimeMillis })
    const sealed = yield* vault.seal(auditKeyContext, ours)
    const kept = yield* keys.getOrPut(name, sealed)
    if (kept === sealed)
      yield* Effect.logInfo("An audit key was made. Where there was one before, somebody removed its row.")
    const { key, sinceMillis } = yield* vault
      .open(auditKeyContext, kept)
      .pipe(Effect.flatMap(decode), Effect.catchTags({ Unsealable: lost, ParseError: lost }))
    const secret = createSecretKey(key)
    const keyId = hash("sha256", key, "hex").slice(0, 8)
    return chain(keyId, sinceMillis, (said) => createHmac("sha256", secret).update(said).digest("hex"))
  }
)

/** `make` as a layer: the key is read once. */
export const layer: Layer.Layer<Chain, AuditKeyLost | StoreUnavailable, DataKeys | Vault> = Layer.effect(Chain, make)
