import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Logger, Redacted, TestClock } from "effect"
import { type Configuration, ConfigurationInvalid, Current, load, Process, VendorEntry } from "../src/index.ts"
import { demonstration, memory, variables, withMore } from "./files.ts"

const file = "/config/file.yaml"
const allowing = (path: string) => withMore(`routes: { a: { vendor: platform, allow: ["GET ${path}"] } }`)

/** A configuration that is followed: what was offered, what was logged, and whether it is taken. */
const followed = (text: string) =>
  Effect.gen(function* () {
    const files = new Map([[file, text]])
    const { environment, readFile, load: loaded } = memory(files)
    const offered: Array<Configuration> = []
    const refusals: Array<ConfigurationInvalid> = []
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      lines.push(`${logLevel.label} ${JSON.stringify(message)}`)
    })
    const take = (next: Configuration) =>
      Effect.suspend(() => {
        offered.push(next)
        return refusals[0] ?? Effect.void
      })
    const current = yield* Current.make({ loaded: yield* loaded, environment, readFile, take }).pipe(
      Effect.provide(Logger.replace(Logger.defaultLogger, logger))
    )
    return { files, offered, refusals, lines, current }
  })

const secretOf = ({ vendors }: Configuration): string | undefined => {
  const platform = vendors["platform"]
  const secret = platform && VendorEntry.oauthOf(platform)?.clientSecret
  return secret && Redacted.value(secret)
}

const seconds = (count: number) => TestClock.adjust(count * 1000)

describe("the configuration in force", () => {
  it.scoped("follows the file: what has changed is offered within two seconds, and the log names it", () =>
    Effect.gen(function* () {
      const { files, offered, lines, current } = yield* followed(allowing("/a"))
      yield* seconds(60)
      expect(offered).toEqual([])
      files.set(file, allowing("/b"))
      yield* seconds(2)
      expect(offered.map(({ routes }) => routes["a"]?.allow)).toEqual([[{ method: "GET", segments: ["b"] }]])
      yield* seconds(60)
      expect(offered).toHaveLength(1)
      expect(lines).toEqual([
        'INFO ["The configuration was taken up.",{"routes":"a","vendors":"","isTrustChanged":false}]'
      ])
      expect(yield* current.status).toEqual({ loadedAt: "1970-01-01T00:01:01.250Z", refused: null })
    })
  )

  it.scoped("names the vendors that changed and the routes behind them, no values", () =>
    Effect.gen(function* () {
      const { files, lines } = yield* followed(allowing("/a"))
      files.set(file, allowing("/a").replace("scope: payments", "scope: canary-scope"))
      yield* seconds(2)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain('{"routes":"a","vendors":"platform","isTrustChanged":false}')
    })
  )

  it.scoped("how days are reconciled is followed, too", () =>
    Effect.gen(function* () {
      const { files, offered, lines } = yield* followed(allowing("/a"))
      files.set(file, `${allowing("/a")}\nreconcile: { readyHour: 12 }\n`)
      yield* seconds(2)
      expect(offered.map(({ reconcile }) => reconcile.readyHour)).toEqual([12])
      expect(lines[0]).toContain('"isReconcileChanged":true')
    })
  )

  it.scoped("what changes a comment alone is offered to nobody", () =>
    Effect.gen(function* () {
      const { files, offered, lines } = yield* followed(demonstration)
      files.set(file, `# Another day\n${demonstration}`)
      yield* seconds(5)
      expect(offered).toEqual([])
      expect(lines).toEqual([])
    })
  )

  it.scoped("a file that is still being written is not offered before it has come to rest", () =>
    Effect.gen(function* () {
      const { files, offered, lines } = yield* followed(demonstration)
      const text = allowing("/a")
      for (let written = 200; written < text.length; written += 200) {
        files.set(file, text.slice(0, written))
        yield* TestClock.adjust(200)
      }
      files.set(file, text)
      yield* seconds(3)
      expect(offered).toHaveLength(1)
      expect(lines).toHaveLength(1)
    })
  )

  it.scoped(
    "a faulty file is refused: the one before stays, one line says why, and the status as long as it is so",
    () =>
      Effect.gen(function* () {
        const { files, offered, lines, current } = yield* followed(demonstration)
        files.set(
          file,
          allowing("/a").replace("vendor: platform", "vendor: other").replace("PENDING: open", "PENDING: x")
        )
        yield* seconds(60)
        expect(offered).toEqual([])
        expect(lines).toHaveLength(1)
        expect(lines[0]).toContain('ERROR ["The configuration is refused: the one before stays in force."')
        for (const place of ["/routes/a/vendor: ", "/vendors/platform/statuses/PENDING: "])
          expect(lines[0]).toContain(place)
        const { refused } = yield* current.status
        expect(refused).toMatchObject({ since: "1970-01-01T00:00:01.250Z", source: file })
        expect(refused?.faults).toHaveLength(2)
        files.set(file, allowing("/a"))
        yield* seconds(2)
        expect(offered).toHaveLength(1)
        expect(yield* current.status).toMatchObject({ refused: null })
      })
  )

  it.scoped("a fault that is taken back leaves all as it was", () =>
    Effect.gen(function* () {
      const { files, offered, lines, current } = yield* followed(demonstration)
      files.set(file, "vendors: [")
      yield* seconds(2)
      files.delete(file)
      yield* seconds(2)
      expect((yield* current.status).refused?.faults[0]?.detail).toContain("cannot be read")
      expect((yield* current.status).refused?.since).toBe("1970-01-01T00:00:01.250Z")
      files.set(file, demonstration)
      yield* seconds(2)
      expect(offered).toEqual([])
      expect(yield* current.status).toEqual({ loadedAt: "1970-01-01T00:00:00.000Z", refused: null })
      expect(lines.map((line) => line.split(" ", 1)[0])).toEqual(["ERROR", "ERROR", "INFO"])
    })
  )

  it.scoped("what cannot be taken up is refused and tried again, without saying it again", () =>
    Effect.gen(function* () {
      const { files, offered, refusals, lines, current } = yield* followed(demonstration)
      const faults = [{ at: "/routes/a/filters/0", detail: "Its package is not there." }]
      refusals.push(new ConfigurationInvalid({ source: file, faults }))
      files.set(file, allowing("/a"))
      yield* seconds(35)
      expect(offered.length).toBeGreaterThan(2)
      expect(offered.length).toBeLessThan(5)
      expect(lines).toHaveLength(1)
      expect((yield* current.status).refused?.faults).toEqual(faults)
      refusals.pop()
      yield* seconds(12)
      expect(yield* current.status).toMatchObject({ refused: null })
      expect(lines).toHaveLength(2)
    })
  )

  it.scoped("one that fails in a way that nobody thought of is refused, and the next is followed", () =>
    Effect.gen(function* () {
      const files = new Map([[file, demonstration]])
      const at = memory(files)
      let isBroken = true
      const take = () => (isBroken ? Effect.die("canary") : Effect.void)
      const current = yield* Current.make({ ...at, loaded: yield* at.load, take }).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none))
      )
      files.set(file, allowing("/a"))
      yield* seconds(2)
      expect((yield* current.status).refused?.faults[0]?.detail).toContain("the log says why")
      isBroken = false
      files.set(file, allowing("/b"))
      yield* seconds(2)
      expect((yield* current.status).refused).toBeNull()
    })
  )

  it.scoped("a secret that is rotated in a file of its own is taken up", () =>
    Effect.gen(function* () {
      const { files, offered, lines } = yield* followed(demonstration)
      const text = demonstration.replace("{ env: PLATFORM_CLIENT_SECRET }", "{ file: client }")
      files.set("/config/client", "first")
      files.set(file, text)
      yield* seconds(2)
      files.set("/config/client", "second")
      yield* seconds(2)
      const secrets = offered.map(secretOf)
      expect(secrets).toEqual(["first", "second"])
      expect(lines.join()).not.toContain("second")
    })
  )

  it.scoped("a look that is asked for is done when the change is in force", () =>
    Effect.gen(function* () {
      const { files, offered, current } = yield* followed(demonstration)
      files.set(file, allowing("/a"))
      const look = yield* Effect.fork(current.look)
      yield* TestClock.adjust(250)
      yield* look.await
      expect(offered).toHaveLength(1)
    })
  )
})

const onDisk = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "payment-proxy-current-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

describe("the configuration in force, on disk", () => {
  it.scopedLive("follows a folder that is swapped by its link, as a ConfigMap is, and a file that is renamed", () =>
    Effect.gen(function* () {
      const folder = yield* onDisk
      const put = (version: string, text: string) => {
        mkdirSync(join(folder, version))
        writeFileSync(join(folder, version, "config.yaml"), text)
        writeFileSync(join(folder, version, "secret"), `secret of ${version}`)
        symlinkSync(version, join(folder, "..data_tmp"))
        renameSync(join(folder, "..data_tmp"), join(folder, "..data"))
      }
      const text = (path: string) => allowing(path).replace("{ env: PLATFORM_CLIENT_SECRET }", "{ file: secret }")
      put("one", text("/one"))
      symlinkSync("..data/config.yaml", join(folder, "config.yaml"))
      symlinkSync("..data/secret", join(folder, "secret"))
      const environment = { ...variables, PAYMENT_PROXY_CONFIG: join(folder, "config.yaml") }
      const readFile = Process.fileText
      const offered: Array<unknown> = []
      const current = yield* Current.make({
        loaded: yield* load(environment, readFile),
        environment,
        readFile,
        take: (next) => Effect.sync(() => offered.push([next.routes["a"]?.allow[0]?.segments[0], secretOf(next)]))
      })
      put("two", text("/two"))
      yield* current.look
      writeFileSync(join(folder, "next"), text("/three"))
      renameSync(join(folder, "next"), join(folder, "config.yaml"))
      yield* current.look
      expect(offered).toEqual([
        ["two", "secret of two"],
        ["three", "secret of two"]
      ])
    }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)))
  )

  it.scopedLive("a process that is told to (SIGHUP) looks at once", () =>
    Effect.gen(function* () {
      const looked = yield* Deferred.make<void>()
      yield* Process.onHangup(Deferred.succeed(looked, undefined))
      process.emit("SIGHUP")
      yield* Deferred.await(looked)
    })
  )
})
