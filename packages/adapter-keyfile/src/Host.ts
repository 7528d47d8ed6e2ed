import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
  randomFillSync,
  randomUUID
} from "node:crypto"
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs"
import { dirname } from "node:path"
import { Data, Effect, Redacted } from "effect"

/** The system refused a file operation; `code` is its word for why, such as `EACCES`. */
export class FileRefused extends Data.TaggedError("FileRefused")<{ readonly code: string }> {}

/** AES-GCM did not authenticate it. */
export class NotAuthentic extends Data.TaggedError("NotAuthentic") {}

/** A file's text, and whether its permission bits let others than its owner at it (never so on Windows, which has none). */
export interface File {
  readonly text: Redacted.Redacted
  readonly isShared: boolean
}

export type { KeyObject }

/** What AES-256-GCM makes of a text. */
export interface Sealed {
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}

const cipher = "aes-256-gcm"
const maxFileBytes = 16_384

/** Sizes in bytes. */
export const sizes = { key: 32, iv: 12, tag: 16 } as const

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string"
    ? cause.code
    : "UNKNOWN"

const refused = (cause: unknown) => new FileRefused({ code: codeOf(cause) })

/** The first eight hex digits of the SHA-256 of `bytes`. */
export const fingerprint = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 8)

/** The bytes as a key that prints as nothing. */
export const secretKey = (bytes: Uint8Array): KeyObject => createSecretKey(bytes)

/** A key's worth of random bytes, in base64. */
export const randomKey: Effect.Effect<Redacted.Redacted> = Effect.sync(() =>
  Redacted.make(randomBytes(sizes.key).toString("base64"))
)

const pool = new Uint8Array(sizes.iv * 256)
let used = pool.length

/** A nonce of the system's secure source, which is asked for many at a time. */
const nonce = (): Uint8Array => {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const iv = pool.slice(used, used + sizes.iv)
  used += sizes.iv
  return iv
}

/** Seals `text` under a random nonce and binds it to `additional` (NIST SP 800-38D: at most 2^32 times per key). */
export const encrypt = (key: KeyObject, additional: string, text: string): Effect.Effect<Sealed> =>
  Effect.sync(() => {
    const iv = nonce()
    const gcm = createCipheriv(cipher, key, iv, { authTagLength: sizes.tag }).setAAD(Buffer.from(additional, "utf8"))
    const ciphertext = Buffer.concat([gcm.update(text, "utf8"), gcm.final()])
    return { iv, ciphertext, tag: gcm.getAuthTag() }
  })

/** The text, if key, nonce, ciphertext, tag and `additional` belong together. */
export const decrypt = (key: KeyObject, additional: string, sealed: Sealed): Effect.Effect<string, NotAuthentic> =>
  Effect.try({
    try: () => {
      const gcm = createDecipheriv(cipher, key, sealed.iv, { authTagLength: sizes.tag })
        .setAAD(Buffer.from(additional, "utf8"))
        .setAuthTag(sealed.tag)
      return Buffer.concat([gcm.update(sealed.ciphertext), gcm.final()]).toString("utf8")
    },
    catch: () => new NotAuthentic()
  })

/** Reads a regular file of at most 16 KB. */
export const read = (path: string): Effect.Effect<File, FileRefused> =>
  Effect.try({ try: () => statSync(path), catch: refused }).pipe(
    Effect.filterOrFail(
      (stat) => stat.isFile(),
      () => new FileRefused({ code: "not a file" })
    ),
    Effect.filterOrFail(
      ({ size }) => size <= maxFileBytes,
      () => new FileRefused({ code: "EFBIG" })
    ),
    Effect.flatMap(({ mode }) =>
      Effect.try({
        try: () => ({
          text: Redacted.make(readFileSync(path, "utf8")),
          isShared: process.platform !== "win32" && (mode & 0o077) !== 0
        }),
        catch: refused
      })
    )
  )

const write = (path: string, text: Redacted.Redacted) =>
  Effect.acquireUseRelease(
    Effect.try({ try: () => openSync(path, "wx", 0o600), catch: refused }),
    (file) =>
      Effect.try({
        try: () => {
          writeSync(file, `${Redacted.value(text)}\n`)
          fsyncSync(file)
        },
        catch: refused
      }),
    (file) => Effect.sync(() => closeSync(file))
  )

/**
 * Makes a file that only its owner reads (0600), whole or not at all; of several processes that try at once one
 * succeeds, the others are refused with `EEXIST`.
 */
export const create = (path: string, text: Redacted.Redacted): Effect.Effect<void, FileRefused> =>
  Effect.gen(function* () {
    yield* Effect.try({ try: () => mkdirSync(dirname(path), { recursive: true, mode: 0o700 }), catch: refused })
    const draft = yield* Effect.acquireRelease(
      Effect.sync(() => `${path}.${randomUUID()}`),
      (draft) => Effect.sync(() => rmSync(draft, { force: true }))
    )
    yield* write(draft, text)
    yield* Effect.try({ try: () => linkSync(draft, path), catch: refused })
  }).pipe(Effect.scoped)
