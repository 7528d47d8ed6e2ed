import { rmSync, writeFileSync } from "node:fs"
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Current } from "@payment-proxy/configuration"
import { Effect } from "effect"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { json, rest, until } from "./calls.ts"
import { open, openSandbox, type SandboxWorld, sandboxVendor, type World } from "./world.ts"

const [old, fresh] = ["throwaway-secret-of-tests", "another-throwaway-secret"]

let sandbox: SandboxWorld
let folder: string
beforeAll(async () => {
  // It ends the old token when it gives a new one.
  sandbox = await openSandbox({ singleToken: true })
  folder = await mkdtemp(join(tmpdir(), "payment-proxy-rotation-"))
})
const worlds: Array<World> = []
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close()
})
afterAll(async () => {
  await sandbox?.close()
  rmSync(folder, { recursive: true, force: true })
})

const accept = (...secrets: ReadonlyArray<string>) => sandbox.control("PUT", "/_clients", { secrets })
const gateway = async (oauth: object) => {
  const world = await open(
    {
      vendors: { platform: sandboxVendor(sandbox, oauth) },
      routes: { calls: { vendor: "platform", allow: ["ANY /payments/**"], filters: ["oauth"] } }
    },
    { folder, isWorking: false }
  )
  worlds.push(world)
  return world
}

/** Calls without pause through all of these, while `work` goes on; answers how many there were, and those that were not through. */
const under = async (gateways: ReadonlyArray<World>, work: () => Promise<void>) => {
  let isOver = false
  let calls = 0
  const failed: Array<string> = []
  const caller = async (world: World) => {
    while (!isOver) {
      const answer = await world.call("GET", "/proxy/calls/payments/unknown")
      calls += 1
      if (answer.status !== 404 || json(answer)["error"] !== "not_found") failed.push(answer.body.toString())
    }
  }
  const callers = gateways.flatMap((world) => Array.from({ length: 8 }, () => caller(world)))
  await work()
  // As many as show something, also on a busy machine.
  await until(
    () => calls,
    (count) => count > 100
  )
  isOver = true
  await Promise.all(callers)
  return { calls, failed }
}
const look = (world: World) => world.run(Effect.flatMap(Current.Current, (current) => current.look))

describe("F47 a client secret is exchanged in mid-flight", () => {
  it("F47 by its file: no call fails", async () => {
    await accept(old)
    writeFileSync(join(folder, "secret"), old)
    const world = await gateway({ clientSecret: { file: "secret" } })
    const { calls, failed } = await under([world], async () => {
      await rest(200)
      await accept(old, fresh)
      writeFileSync(join(folder, "secret"), fresh)
      await look(world)
      await accept(fresh)
      // From here on the old secret and its token are of no use.
      await sandbox.token(fresh)
      await rest(300)
    })
    expect([failed, calls > 5]).toEqual([[], true])
    expect(await sandbox.token(old)).toBe("undefined")
  })

  it("F47 by `next`, whenever the platform changes over: no call fails", async () => {
    await accept(old)
    const world = await gateway({ clientSecret: old, next: { clientSecret: fresh } })
    const { calls, failed } = await under([world], async () => {
      await rest(200)
      await accept(fresh)
      await sandbox.token(fresh)
      await rest(300)
    })
    expect([failed, calls > 5]).toEqual([[], true])
    const log = world.lines.join("\n")
    expect(log).not.toContain(old)
    expect(log).not.toContain(fresh)
  })
})

describe("F46 a platform that ends the old token when it gives a new one", () => {
  it("F46 two gateways that share theirs: no storm, and no call fails", async () => {
    await accept(old)
    const oauth = { clientSecret: old, shared: true }
    const gateways = [await gateway(oauth), await gateway(oauth)]
    const before = (await sandbox.asked()).tokens
    const revocations = 3
    const { calls, failed } = await under(gateways, async () => {
      for (let at = 0; at < revocations; at++) {
        await rest(400)
        await sandbox.token(old)
      }
      await rest(400)
    })
    expect([failed, calls > 100]).toEqual([[], true])
    const fetched = (await sandbox.asked()).tokens - before - revocations
    // One at first, and one for each that was ended from outside, unless that found none.
    expect(fetched).toBeGreaterThan(1)
    expect(fetched).toBeLessThanOrEqual(1 + revocations)
  })
})
