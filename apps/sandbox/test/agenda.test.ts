import { describe, expect, it } from "vitest"
import { Agenda } from "../src/Agenda.ts"
import type { World } from "./world.ts"
import { onDisk, open } from "./world.ts"

describe("an agenda", () => {
  it("gives what is due, the soonest first, each once, whatever the order in which it came", () => {
    const agenda = new Agenda()
    const times = Array.from({ length: 500 }, (_, index) => (index * 7919) % 251)
    times.forEach((atMillis, index) => {
      agenda.add(atMillis, `${atMillis}-${index}`)
    })
    const given: Array<number> = []
    for (const nowMillis of [-1, 0, 100, 50, 249, 250]) {
      for (const id of agenda.due(nowMillis)) given.push(Number.parseInt(id, 10))
      expect(given).toEqual(times.filter((at) => at <= Math.max(nowMillis, given.at(-1) ?? -1)).sort((a, b) => a - b))
    }
    expect(given.length).toBe(500)
    expect([...agenda.due(1000)]).toEqual([])
  })
})

describe("payments whose time is over", () => {
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()
  const statuses = async (world: World) => (await world.ledger()).payments.map(({ status }) => status)

  it("are closed when the clock jumps, the soonest first, and no others", async () => {
    const world = await open()
    const late = await world.created({ expires_at: inSeconds(600) })
    const soon = await world.created({ expires_at: inSeconds(300) })
    await world.created({ expires_at: inSeconds(7200) })
    await world.created()
    const paid = await world.created({ expires_at: inSeconds(300) })
    await world.call("POST", `/_payments/${paid.id}/pay`)
    const authorized = await world.created({ expires_at: inSeconds(300) })
    await world.call("POST", `/_payments/${authorized.id}/authorize`)
    await world.call("POST", "/_clock", { advanceMillis: 3_600_000 })
    expect(await statuses(world)).toEqual(["CLOSED", "CLOSED", "PENDING", "PENDING", "SUCCEEDED", "AUTHORIZED"])
    const closed = onDisk(world.folder).flatMap((line) =>
      line.type === "change" && line.change.kind === "closed" ? [line.change.id] : []
    )
    expect(closed).toEqual([soon.id, late.id])
    await world.close()
    world.sweep()
  })

  it("are known after a restart, and after the clock went back", async () => {
    const first = await open()
    await first.created({ expires_at: inSeconds(300) })
    await first.call("POST", "/_clock", { advanceMillis: -3_600_000 })
    await first.close()
    const second = await open({ folder: first.folder })
    expect(await statuses(second)).toEqual(["PENDING"])
    await second.call("POST", "/_clock", { advanceMillis: 3_600_000 + 301_000 })
    expect(await statuses(second)).toEqual(["CLOSED"])
    await second.close()
    second.sweep()
  })
})
