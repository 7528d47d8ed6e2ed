import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Deferred, Effect, Fiber } from "effect"
import { describe, expect, it } from "vitest"
import * as Fibers from "../src/Fibers.ts"
import * as Roll from "../src/Roll.ts"

describe("a roll", () => {
  it("has those who came and have not left, whoever leaves first", () => {
    const roll = Roll.make<string>()
    const leaves = new Map(["a", "b", "c", "d"].map((name) => [name, roll.join(name)]))
    for (const name of ["b", "d"]) leaves.get(name)?.()
    expect([...roll].sort()).toEqual(["a", "c"])
    roll.join("e")
    leaves.get("a")?.()
    expect([...roll].sort()).toEqual(["c", "e"])
  })

  it("takes nobody else off when somebody leaves twice", () => {
    const roll = Roll.make<string>()
    const leave = roll.join("a")
    leave()
    roll.join("b")
    leave()
    expect([...roll]).toEqual(["b"])
  })

  it("may be left while it is gone through", () => {
    const roll = Roll.make<() => void>()
    let gone = 0
    for (let count = 0; count < 5; count++) {
      const leave: () => void = roll.join(() => {
        gone++
        leave()
      })
    }
    for (const member of roll) member()
    expect([gone, [...roll].length]).toEqual([5, 0])
  })
})

describe("fibers", () => {
  it("are still listed by Effect while they run, and no longer", async () => {
    Fibers.letGo()
    const release = Effect.runSync(Deferred.make<void>())
    const fiber = Effect.runFork(Deferred.await(release))
    expect(Fiber.unsafeRoots()).toContain(fiber)
    Effect.runSync(Deferred.succeed(release, undefined))
    await Effect.runPromise(Fiber.await(fiber))
    expect(Fiber.unsafeRoots()).not.toContain(fiber)
  })

  it("run in turns: what is ready goes first, what it makes ready goes after the next I/O", async () => {
    const said: Array<string> = []
    const say = (name: string) =>
      Effect.forEach([1, 2], (turn) =>
        Effect.zipRight(
          Effect.sync(() => said.push(`${name}${turn}`)),
          Effect.yieldNow()
        )
      )
    const both = Effect.all([say("a"), say("b")], { concurrency: "unbounded" })
    await Effect.runPromise(Effect.withScheduler(both, Fibers.inTurns()))
    expect(said).toEqual(["a1", "b1", "a2", "b2"])
  })

  it("leave the young generation behind when they have ended", { timeout: 30_000 }, async () => {
    const file = fileURLToPath(new URL("endedFibers.ts", import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=source", file])
    expect((JSON.parse(stdout) as { readonly grownMib: number }).grownMib).toBeLessThan(20)
  })
})
