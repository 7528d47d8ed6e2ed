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
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync
} from "node:fs"
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

/** The bytes as a key that prints as nothing; OpenSSL takes it in a quarter of the time that it takes bytes. */
export const secretKey = (bytes: Uint8Array): KeyObject => createSecretKey(bytes)

/** A key's worth of random bytes, in base64. */
export const randomKey: Effect.Effect<Redacted.Redacted> = Effect.sync(() =>
  Redacted.make(randomBytes(sizes.key).toString("base64"))
)

const pool = new Uint8Array(4096)
let used = pool.length

/** Random bytes of the system's secure source, which is asked for many at a time; what was given is not kept. */
export const randomly = (count: number): Uint8Array => {
  if (used + count > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = pool.slice(used, used + count)
  pool.fill(0, used, used + count)
  used += count
  return bytes
}

/**
 * Seals bytes under a random nonce and binds them to `additional`: nonce, ciphertext and tag, one after the other (NIST SP
 * 800-38D: at most 2^32 times per key).
 */
export const encrypt = (key: KeyObject, additional: string, text: string | Uint8Array): Uint8Array => {
  const iv = randomly(sizes.iv)
  const gcm = createCipheriv(cipher, key, iv, { authTagLength: sizes.tag }).setAAD(Buffer.from(additional, "utf8"))
  const ciphertext = typeof text === "string" ? gcm.update(text, "utf8") : gcm.update(text)
  return Buffer.concat([iv, ciphertext, gcm.final(), gcm.getAuthTag()])
}

/** The bytes that were sealed, if key, nonce, ciphertext, tag and `additional` belong together. */
export const decrypt = (key: KeyObject, additional: string, sealed: Uint8Array): Effect.Effect<Buffer, NotAuthentic> =>
  Effect.try({
    try: () => {
      const end = sealed.length - sizes.tag
      const gcm = createDecipheriv(cipher, key, sealed.subarray(0, sizes.iv), { authTagLength: sizes.tag })
        .setAAD(Buffer.from(additional, "utf8"))
        .setAuthTag(sealed.subarray(end))
      return Buffer.concat([gcm.update(sealed.subarray(sizes.iv, end)), gcm.final()])
    },
    catch: () => new NotAuthentic()
  })

/** What tells one content of a file from the next without reading it; null where there is no file. */
export const signature = (path: string): Effect.Effect<string | null> =>
  Effect.try(() => {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    return [ino, size, mtimeNs, ctimeNs].join(" ")
  }).pipe(Effect.orElseSucceed(() => null))

/** When a file was last written, in milliseconds since the epoch. */
export const writtenMillis = (path: string): Effect.Effect<number, FileRefused> =>
  Effect.try({ try: () => statSync(path).mtimeMs, catch: refused })

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

/** Whose a file is, and who may do what with it. */
interface Owned {
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

const write = (path: string, text: Redacted.Redacted, as: Owned | null) =>
  Effect.acquireUseRelease(
    Effect.try({ try: () => openSync(path, "wx", 0o600), catch: refused }),
    (file) =>
      Effect.try({
        try: () => {
          if (as !== null) {
            fchownSync(file, as.uid, as.gid)
            fchmodSync(file, as.mode & 0o777)
          }
          writeSync(file, `${Redacted.value(text)}\n`)
          fsyncSync(file)
        },
        catch: refused
      }),
    (file) => Effect.sync(() => closeSync(file))
  )

const drafted = (path: string, text: Redacted.Redacted, as: Owned | null) =>
  Effect.gen(function* () {
    const draft = yield* Effect.acquireRelease(
      Effect.sync(() => `${path}.${randomUUID()}`),
      (draft) => Effect.sync(() => rmSync(draft, { force: true }))
    )
    yield* write(draft, text, as)
    return draft
  })

/**
 * Makes a file that only its owner reads (0600), whole or not at all; of several processes that try at once one
 * succeeds, the others are refused with `EEXIST`.
 */
export const create = (path: string, text: Redacted.Redacted): Effect.Effect<void, FileRefused> =>
  Effect.gen(function* () {
    yield* Effect.try({ try: () => mkdirSync(dirname(path), { recursive: true, mode: 0o700 }), catch: refused })
    const draft = yield* drafted(path, text, null)
    yield* Effect.try({ try: () => linkSync(draft, path), catch: refused })
  }).pipe(Effect.scoped)

/**
 * Puts a file in the place of another in one step, on disk when it answers. It is the same owner's, whoever does it: processes that run
 * as he does go on reading it. Refused with `EPERM` where that cannot be.
 */
export const replace = (path: string, text: Redacted.Redacted): Effect.Effect<void, FileRefused> =>
  Effect.gen(function* () {
    const former = yield* Effect.try({ try: () => statSync(path), catch: refused })
    const draft = yield* drafted(path, text, process.platform === "win32" ? null : former)
    yield* Effect.try({ try: () => renameSync(draft, path), catch: refused })
    yield* synced(dirname(path))
  }).pipe(Effect.scoped)

/** A name in a folder is on disk when the folder is; Windows opens no folders. */
const synced = (folder: string) =>
  process.platform === "win32"
    ? Effect.void
    : Effect.acquireUseRelease(
        Effect.try({ try: () => openSync(folder, "r"), catch: refused }),
        (file) => Effect.try({ try: () => fsyncSync(file), catch: refused }),
        (file) => Effect.sync(() => closeSync(file))
      )

/** Uses a path while no other process does; refused with `EEXIST` where one does. `use` is told the time, by the clock that stamps files. */
export const alone = <A, E, R>(
  path: string,
  use: (nowMillis: number) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | FileRefused, R> => {
  const lock = `${path}.lock`
  return Effect.acquireUseRelease(
    Effect.try({ try: () => closeSync(openSync(lock, "wx", 0o600)), catch: refused }),
    () => Effect.flatMap(writtenMillis(lock), use),
    () => Effect.sync(() => rmSync(lock, { force: true }))
  )
}
