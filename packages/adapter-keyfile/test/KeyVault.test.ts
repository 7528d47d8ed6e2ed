import { randomBytes } from "node:crypto"
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { describe, it } from "@effect/vitest"
import { Unsealable, Vault } from "@payment-proxy/ports"
import { Context, Effect, Exit, FastCheck, Logger, Redacted } from "effect"
import { assert } from "vitest"
import * as Host from "../src/Host.ts"
import { KeyFileInvalid, KeyVault } from "../src/index.ts"

const context = "payment_proxy_app_endpoint/7/sealed_secret"
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
const newKey = () => randomBytes(32).toString("base64")
const over = (...keys: ReadonlyArray<string>) =>
  Effect.map(KeyVault.makeKeys(keys.map((key) => Redacted.make(key))), Context.get(Vault))
const onFile = (options: KeyVault.Options) => Effect.map(KeyVault.make(options), Context.get(Vault))

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "key-vault-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const written = (text: string, mode = 0o600) =>
  Effect.map(folder, (path) => {
    const file = join(path, "key")
    writeFileSync(file, text)
    chmodSync(file, mode)
    return file
  })

const unopened = (sealed: string, vault: Effect.Effect.Success<ReturnType<typeof over>>, where = context) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(vault.open(where, sealed))
    assert.instanceOf(error, Unsealable)
    assert.strictEqual(error.context, where)
  })

const fault = (file: string, create = false) =>
  Effect.map(Effect.flip(onFile({ file, create })), (error) => {
    assert.instanceOf(error, KeyFileInvalid)
    assert.strictEqual(error.where, file)
    assert.isNotEmpty(error.mend)
    return error
  })

describe("KeyVault: sealing", () => {
  it.effect("opens what it sealed, whatever the text and place", () =>
    Effect.gen(function* () {
      const vault = yield* over(newKey())
      const reopened = (where: string, text: string) =>
        Effect.runSync(Effect.flatMap(vault.seal(where, text), (sealed) => vault.open(where, sealed)))
      for (const text of ["", "密钥 🔑", "x".repeat(70_000)]) assert.strictEqual(reopened(context, text), text)
      const any = FastCheck.string({ unit: "binary" })
      FastCheck.assert(FastCheck.property(any, any, (where, text) => reopened(where, text) === text))
    })
  )

  it.effect("shows nothing of the text, and never seals alike twice", () =>
    Effect.gen(function* () {
      const vault = yield* over(newKey())
      const [one, two] = yield* Effect.all([vault.seal(context, "hunter2"), vault.seal(context, "hunter2")])
      assert.match(one, /^v2\.[0-9a-f]{8}\.[\w-]{80}\.[\w-]+$/)
      assert.notStrictEqual(one, two)
      for (const part of one.split(".")) assert.notInclude(Buffer.from(part, "base64url").toString("latin1"), "hunter2")
    })
  )

  it.effect("opens in no other place", () =>
    Effect.gen(function* () {
      const vault = yield* over(newKey())
      const sealed = yield* vault.seal(context, "hunter2")
      for (const where of ["", "payment_proxy_app_endpoint/8/sealed_secret", `${context}.`, context.toUpperCase()])
        yield* unopened(sealed, vault, where)
    })
  )

  it.effect("opens neither of two rows whose sealed texts were swapped", () =>
    Effect.gen(function* () {
      const vault = yield* over(newKey())
      const [a, b] = yield* Effect.all([vault.seal("row/a", "alpha"), vault.seal("row/b", "beta")])
      yield* unopened(b, vault, "row/a")
      yield* unopened(a, vault, "row/b")
    })
  )

  it.effect("opens no text put together from two sealings of one place", () =>
    Effect.gen(function* () {
      const vault = yield* over(newKey())
      const [a, b] = yield* Effect.all([vault.seal(context, "alpha"), vault.seal(context, "gamma")])
      for (const index of [2, 3])
        yield* unopened(
          a
            .split(".")
            .with(index, b.split(".")[index] ?? "")
            .join("."),
          vault
        )
    })
  )

  it.effect("opens nothing with any character altered, cut off or added", () =>
    Effect.gen(function* () {
      const vault = yield* over(newKey())
      const sealed = yield* vault.seal(context, "hunter2")
      for (const [index, letter] of [...sealed].entries()) {
        for (const other of `${alphabet}.=`.replace(letter, ""))
          yield* unopened(sealed.slice(0, index) + other + sealed.slice(index + 1), vault)
        yield* unopened(sealed.slice(0, index), vault)
      }
      for (const text of [`${sealed}A`, `${sealed}=`, ` ${sealed}`, `${sealed}\n`, `${sealed}.`])
        yield* unopened(text, vault)
    })
  )

  it.effect("says of any text that is no sealing only that it does not open", () =>
    Effect.gen(function* () {
      const vault = yield* over(newKey())
      for (const text of ["", "v1", "....", "v2.00000000.AAAA.AAAA", "v1.00000000.AAAA.AAAA.AAAA"])
        yield* unopened(text, vault)
      FastCheck.assert(FastCheck.property(FastCheck.string(), (text) => Effect.runSync(unopened(text, vault))))
    })
  )
})

describe("KeyVault: keys", () => {
  it.effect("a new first key seals, and the old one still opens", () =>
    Effect.gen(function* () {
      const [old, fresh] = [newKey(), newKey()]
      const sealed = yield* Effect.flatMap(over(old), (vault) => vault.seal(context, "hunter2"))
      const rotated = yield* over(fresh, old)
      assert.strictEqual(yield* rotated.open(context, sealed), "hunter2")
      const resealed = yield* rotated.seal(context, "hunter2")
      assert.notStrictEqual(resealed.split(".")[1], sealed.split(".")[1])
      const alone = yield* over(fresh)
      assert.strictEqual(yield* alone.open(context, resealed), "hunter2")
      yield* unopened(sealed, alone)
    })
  )

  it.effect("of the wrong size, in another form, twice or not at all are refused at the start", () =>
    Effect.gen(function* () {
      const twin = newKey()
      const bad = [
        [],
        [""],
        ["hunter2"],
        [randomBytes(31).toString("base64")],
        [randomBytes(33).toString("base64")],
        [randomBytes(32).toString("hex")],
        [newKey(), "hunter2"],
        [twin, twin],
        Array.from({ length: 17 }, newKey)
      ]
      for (const keys of bad) {
        const error = yield* Effect.flip(over(...keys))
        assert.instanceOf(error, KeyFileInvalid)
        for (const key of keys) if (key !== "") assert.notInclude(JSON.stringify(error) + error.message, key)
      }
    })
  )

  it.effect("are not to be seen in a vault", () =>
    Effect.gen(function* () {
      const key = newKey()
      const vault = yield* over(key)
      assert.notInclude(JSON.stringify(vault) + String(vault), key)
    })
  )
})

describe("KeyVault: the key file", () => {
  it.scoped("is made when it is missing: one key that only its owner reads, nothing left beside it", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "deep", "er")
      const file = join(path, "key")
      const first = yield* onFile({ file, create: true })
      assert.strictEqual(Buffer.from(readFileSync(file, "utf8"), "base64").length, 32)
      assert.deepStrictEqual(readdirSync(path), ["key"])
      if (process.platform !== "win32") assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      const second = yield* onFile({ file, create: true })
      assert.strictEqual(yield* second.open(context, yield* first.seal(context, "hunter2")), "hunter2")
    })
  )

  it.scoped("is one and the same for processes that make it at once", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "key")
      const vaults = yield* Effect.all(
        Array.from({ length: 8 }, () => onFile({ file, create: true })),
        { concurrency: "unbounded" }
      )
      for (const vault of vaults)
        for (const other of vaults)
          assert.isTrue(Exit.isSuccess(yield* Effect.exit(other.open("", yield* vault.seal("", "")))))
    })
  )

  it.scoped("is not made unless that is asked for", () =>
    Effect.gen(function* () {
      const path = yield* folder
      assert.include((yield* fault(join(path, "key"))).what, "missing")
      assert.deepStrictEqual(readdirSync(path), [])
    })
  )

  it.scoped("is never written over", () =>
    Effect.gen(function* () {
      const file = yield* written("hunter2\n")
      assert.notInclude((yield* fault(file, true)).message, "hunter2")
      assert.strictEqual(readFileSync(file, "utf8"), "hunter2\n")
    })
  )

  it.scoped("that another process made in the meantime is left as it is", () =>
    Effect.gen(function* () {
      const file = yield* written("theirs")
      const refused = yield* Effect.flip(Host.create(file, Redacted.make("ours")))
      assert.strictEqual(refused.code, "EEXIST")
      assert.strictEqual(readFileSync(file, "utf8"), "theirs")
      assert.deepStrictEqual(readdirSync(dirname(file)), ["key"])
    })
  )

  it.scoped("may hold several keys, a line each", () =>
    Effect.gen(function* () {
      const [fresh, old] = [newKey(), newKey()]
      const vault = yield* onFile({ file: yield* written(`${fresh}\r\n\n${old}\n`), create: false })
      const sealed = yield* Effect.flatMap(over(old), (vault) => vault.seal(context, "hunter2"))
      assert.strictEqual(yield* vault.open(context, sealed), "hunter2")
      const alone = yield* over(fresh)
      assert.strictEqual(yield* alone.open(context, yield* vault.seal(context, "new")), "new")
    })
  )

  it.scoped("that is empty, a folder, too large or not to be made is refused with how to mend it", () =>
    Effect.gen(function* () {
      const path = yield* folder
      mkdirSync(join(path, "folder"))
      assert.include((yield* fault(join(path, "folder"), true)).what, "not a file")
      assert.include((yield* fault(yield* written(" \n"), true)).what, "no key")
      assert.include((yield* fault(yield* written("A".repeat(20_000)))).what, "EFBIG")
      const beneathFile = join(yield* written(newKey()), "key")
      assert.include((yield* fault(beneathFile, true)).what, "cannot be")
    })
  )

  it.scoped("that others can read is used, with a warning", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => lines.push(String(message)))
      )
      yield* onFile({ file: yield* written(newKey(), 0o600), create: false }).pipe(Effect.provide(logger))
      assert.deepStrictEqual(lines, [])
      yield* onFile({ file: yield* written(newKey(), 0o644), create: false }).pipe(Effect.provide(logger))
      if (process.platform !== "win32") assert.match(lines.join(), /chmod 600/)
    })
  )
})
