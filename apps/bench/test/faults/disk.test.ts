import { execFileSync } from "node:child_process"
import { statSync } from "node:fs"
import { join } from "node:path"
import * as Checker from "@payment-proxy/testkit/Checker"
import { expect, it } from "vitest"
import * as Chance from "../../src/Chance.ts"
import * as Traffic from "../../src/faults/Traffic.ts"
import * as World from "../../src/faults/World.ts"

/** How large the files of a process may get, in bytes. */
const limitFiles = (pid: number, bytes: number | "unlimited") =>
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`])

it("F23 the disk is full: 503 and not ready, nothing half done; with space again all is well by itself", {
  timeout: 180_000
}, async () => {
  const chance = Chance.numbers(20_261_123)
  const world = await World.start()
  try {
    const [gateway] = world.gateways
    const running = await gateway?.up()
    const pid = running?.pid ?? 0
    const { client } = world
    const ready = () => client.call("GET", "/readyz", "shop").then(({ status }) => status)
    for (let count = 0; count < 5; count++) expect((await client.place(Traffic.order(chance))).type).toBe("ok")
    expect(await ready()).toBe(200)

    const log = join(world.folder, "data/payment-proxy.db-wal")
    limitFiles(pid, statSync(log).size + 20_000)
    const answers: Array<{ readonly key: string; readonly status: number }> = []
    for (let count = 0; count < 30; count++) {
      const { app, key, body } = Traffic.order(chance)
      const response = await client.call("POST", "/v1/orders", app, {
        body: JSON.stringify(body),
        headers: { "idempotency-key": key }
      })
      answers.push({ key, status: response.status })
      if (response.status === 503) expect(response.headers.get("retry-after")).toBe("1")
    }
    const refused = answers.filter(({ status }) => status === 503).map(({ key }) => key)
    expect(refused.length, "the disk was full").toBeGreaterThan(0)
    expect(answers.filter(({ status }) => status === 500)).toEqual([])
    limitFiles(pid, 4096)
    expect(await ready()).toBe(503)

    limitFiles(pid, "unlimited")
    const outcome = await client.placeUntilAnswered(Traffic.order(chance))
    expect(outcome.type).toBe("ok")
    expect(await ready()).toBe(200)
    await world.rest(60_000)
    expect(running?.pid, "it is the same process").toBe(gateway?.process?.pid)
    const sources = await world.sources()
    expect(sources.dump.orders.filter(({ idempotencyKey }) => refused.includes(idempotencyKey ?? ""))).toEqual([])
    expect(Checker.check(sources).violations).toEqual([])
  } finally {
    await world.close()
  }
})
