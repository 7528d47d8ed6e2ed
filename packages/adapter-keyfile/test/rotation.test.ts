import { createCipheriv, createHash, randomBytes } from "node:crypto"
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { describe, it } from "@effect/vitest"
import { KeyEncryption, KeyRing, KeysUnavailable, Unsealable, Vault } from "@payment-proxy/ports"
import { Context, Effect, Either, Redacted, TestClock } from "effect"
import { assert } from "vitest"
import { KeyFile, KeyVault } from "../src/index.ts"

const context = "payment_proxy_app_endpoint/7/sealed_secret"
const newKey = () => randomBytes(32).toString("base64")
const idOf = (key: string) => createHash("sha256").update(Buffer.from(key, "base64")).digest("hex").slice(0, 8)

const keyFile = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "key-rotation-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
).pipe(Effect.map((path) => join(path, "vault.key")))

/** What a process has of the file. */
const opened = (file: string) =>
  Effect.map(KeyVault.make({ file, create: true }), (services) => ({
    vault: Context.get(services, Vault),
    keys: Context.get(services, KeyEncryption),
    ring: Context.get(services, KeyRing)
  }))

const over = (...keys: ReadonlyArray<string>) =>
  Effect.map(KeyVault.makeKeys(keys.map((key) => Redacted.make(key))), Context.get(Vault))

/** The file as it was written long ago. */
const aged = (file: string) =>
  Effect.sync(() => {
    const { atimeMs, mtimeMs } = statSync(file)
    utimesSync(file, atimeMs / 1000, mtimeMs / 1000 - 120)
  })

const linesOf = (file: string) => readFileSync(file, "utf8").trim().split("\n")

/** A text as it was sealed before there were data keys. */
const former = (key: string, text: string): string => {
  const iv = randomBytes(12)
  const gcm = createCipheriv("aes-256-gcm", Buffer.from(key, "base64"), iv)
  gcm.setAAD(Buffer.from(`v1.${idOf(key)}.${context}`))
  const sealed = Buffer.concat([gcm.update(text, "utf8"), gcm.final()])
  return ["v1", idOf(key), ...[iv, sealed, gcm.getAuthTag()].map((part) => part.toString("base64url"))].join(".")
}

describe("KeyVault: texts sealed before there were data keys", () => {
  it.effect("open as they always did, in their own place alone", () =>
    Effect.gen(function* () {
      const key = newKey()
      const vault = yield* over(newKey(), key)
      for (const text of ["", "hunter2", "密钥 🔑"])
        assert.strictEqual(yield* vault.open(context, former(key, text)), text)
      assert.instanceOf(yield* Effect.flip(vault.open(`${context}x`, former(key, "hunter2"))), Unsealable)
      assert.strictEqual(vault.keyIdOf(former(key, "hunter2")), idOf(key))
    })
  )

  it.effect("are sealed anew by a data key, also by the same key", () =>
    Effect.gen(function* () {
      const key = newKey()
      const vault = yield* over(key)
      const sealed = yield* vault.rewrap(context, former(key, "hunter2"))
      assert.match(sealed, /^v2\./)
      assert.strictEqual(yield* vault.open(context, sealed), "hunter2")
    })
  )
})

describe("KeyVault: rewrapping", () => {
  it.effect("wraps the data key by the key that seals now, and leaves the text as it was sealed", () =>
    Effect.gen(function* () {
      const [old, fresh] = [newKey(), newKey()]
      const sealed = yield* Effect.flatMap(over(old), (vault) => vault.seal(context, "hunter2"))
      const vault = yield* over(fresh, old)
      const rewrapped = yield* vault.rewrap(context, sealed)
      assert.deepStrictEqual([vault.keyIdOf(sealed), vault.keyIdOf(rewrapped)], [idOf(old), idOf(fresh)])
      assert.strictEqual(rewrapped.split(".")[3], sealed.split(".")[3])
      assert.notStrictEqual(rewrapped.split(".")[2], sealed.split(".")[2])
      const alone = yield* over(fresh)
      assert.strictEqual(yield* alone.open(context, rewrapped), "hunter2")
      assert.strictEqual(yield* vault.rewrap(context, rewrapped), rewrapped)
    })
  )

  it.effect("of another place's text, an altered one or one of an unknown key is refused", () =>
    Effect.gen(function* () {
      const [old, fresh] = [newKey(), newKey()]
      const sealed = yield* Effect.flatMap(over(old), (vault) => vault.seal(context, "hunter2"))
      const vault = yield* over(fresh, old)
      const altered = sealed.split(".").with(2, "A".repeat(80)).join(".")
      for (const [place, text] of [
        ["another", sealed],
        [context, altered],
        [context, "nonsense"]
      ] as const)
        assert.instanceOf(yield* Effect.flip(vault.rewrap(place, text)), Unsealable)
      const stranger = yield* over(newKey())
      assert.instanceOf(yield* Effect.flip(stranger.rewrap(context, sealed)), Unsealable)
    })
  )

  it.effect("a wrapped data key of another row does not open this row's text, though the key is the same", () =>
    Effect.gen(function* () {
      const vault = yield* over(newKey())
      const [a, b] = [yield* vault.seal("row/a", "alpha"), yield* vault.seal("row/b", "beta")]
      const mixed = a
        .split(".")
        .with(2, b.split(".")[2] ?? "")
        .join(".")
      for (const row of ["row/a", "row/b"]) assert.isTrue(Either.isLeft(yield* Effect.either(vault.open(row, mixed))))
    })
  )
})

describe("KeyVault: a key that is added", () => {
  it.scoped("seals from now on, the others stay; the file is replaced in one step and its owner's alone", () =>
    Effect.gen(function* () {
      const file = yield* keyFile
      const { ring, keys } = yield* opened(file)
      const [first = ""] = linesOf(file)
      const before = statSync(file).ino
      const added = yield* ring.add
      assert.deepStrictEqual(linesOf(file).map(idOf), [added, idOf(first)])
      assert.deepStrictEqual(yield* ring.keyIds, [added, idOf(first)])
      assert.deepStrictEqual(readdirSync(dirname(file)), ["vault.key"])
      if (process.platform !== "win32") {
        assert.strictEqual(statSync(file).mode & 0o777, 0o600)
        assert.notStrictEqual(statSync(file).ino, before)
      }
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* keys.keyId, added)
    })
  )

  it.scoped("leaves the file to whom it was, whoever adds it: a gateway of another user goes on reading it", () =>
    Effect.gen(function* () {
      if (process.platform === "win32") return
      const file = yield* keyFile
      const { ring } = yield* opened(file)
      const { uid, gid } = statSync(file)
      const owner = process.getuid?.() === 0 ? { uid: 4321, gid: 4322 } : { uid, gid }
      chownSync(file, owner.uid, owner.gid)
      chmodSync(file, 0o640)
      yield* ring.add
      const after = statSync(file)
      assert.deepStrictEqual({ uid: after.uid, gid: after.gid }, owner)
      assert.strictEqual(after.mode & 0o777, 0o640)
    })
  )

  it.scoped(
    "is heard of by a process that runs: what it seals opens there at once, and soon that seals by it, too",
    () =>
      Effect.gen(function* () {
        const file = yield* keyFile
        const [one, other] = [yield* opened(file), yield* opened(file)]
        const old = yield* one.vault.seal(context, "old")
        const added = yield* one.ring.add
        yield* TestClock.adjust("1 second")
        assert.strictEqual(other.vault.keyIdOf(yield* other.vault.seal(context, "x")), one.vault.keyIdOf(old))
        const fresh = yield* Effect.flatMap(opened(file), ({ vault }) => vault.seal(context, "fresh"))
        assert.strictEqual(yield* other.vault.open(context, fresh), "fresh")
        yield* TestClock.adjust("2 seconds")
        for (const { vault } of [one, other]) {
          assert.strictEqual(vault.keyIdOf(yield* vault.seal(context, "x")), added)
          assert.strictEqual(yield* vault.open(context, old), "old")
        }
      })
  )

  it.scoped("by two processes at once is added once, the other is told to come again", () =>
    Effect.gen(function* () {
      const file = yield* keyFile
      const { ring } = yield* opened(file)
      writeFileSync(`${file}.lock`, "")
      const refused = yield* Effect.flip(ring.add)
      assert.instanceOf(refused, KeysUnavailable)
      assert.include(refused.message, ".lock")
      assert.strictEqual(linesOf(file).length, 1)
      rmSync(`${file}.lock`)
      yield* ring.add
      assert.strictEqual(linesOf(file).length, 2)
    })
  )

  it.scoped("to a file that is broken meanwhile is refused, and whoever runs goes on with the keys that it knows", () =>
    Effect.gen(function* () {
      const file = yield* keyFile
      const { ring, vault } = yield* opened(file)
      const sealed = yield* vault.seal(context, "hunter2")
      writeFileSync(file, "hunter2\n")
      assert.instanceOf(yield* Effect.flip(ring.add), KeysUnavailable)
      assert.strictEqual(readFileSync(file, "utf8"), "hunter2\n")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* vault.open(context, sealed), "hunter2")
      assert.strictEqual(yield* vault.open(context, yield* vault.seal(context, "new")), "new")
      rmSync(file)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* vault.open(context, yield* vault.seal(context, "newer")), "newer")
    })
  )
})

describe("KeyVault: a key that is taken out", () => {
  it.scoped("opens nothing any more; the one that seals and one that is not there cannot be", () =>
    Effect.gen(function* () {
      const file = yield* keyFile
      const { ring, vault } = yield* opened(file)
      const sealed = yield* vault.seal(context, "hunter2")
      const [old = ""] = yield* ring.keyIds
      assert.include((yield* Effect.flip(ring.remove(old))).detail, "seals")
      const added = yield* ring.add
      assert.include((yield* Effect.flip(ring.remove("00000000"))).detail, "no key")
      yield* ring.remove(old)
      assert.deepStrictEqual(yield* ring.keyIds, [added])
      const fresh = yield* opened(file)
      assert.instanceOf(yield* Effect.flip(fresh.vault.open(context, sealed)), Unsealable)
    })
  )

  it.scoped("is settled about a minute after the file was last changed, not before", () =>
    Effect.gen(function* () {
      const file = yield* keyFile
      const { ring } = yield* opened(file)
      yield* aged(file)
      yield* ring.settled
      yield* ring.add
      const refused = yield* Effect.flip(ring.settled)
      assert.match(refused.detail, /Wait \d+ s more/)
      yield* aged(file)
      yield* ring.settled
      assert.deepStrictEqual(readdirSync(dirname(file)), ["vault.key"])
    })
  )

  it.scoped("is in no error and in no message", () =>
    Effect.gen(function* () {
      const file = yield* keyFile
      yield* KeyVault.make({ file, create: true })
      const [key = ""] = linesOf(file)
      for (const failed of [
        KeyFile.removeKey(file, idOf(key)),
        KeyFile.removeKey(file, "x"),
        KeyFile.settled(file, 1e9)
      ]) {
        const fault = yield* Effect.flip(failed)
        assert.notInclude(JSON.stringify(fault) + fault.message, key)
      }
    })
  )
})
