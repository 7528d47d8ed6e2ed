import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { connect, createServer as createPlain, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createServer as createTls } from "node:tls"
import * as Checker from "@payment-proxy/testkit/Checker"
import * as FreePort from "@payment-proxy/testkit/FreePort"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Chance from "../../src/Chance.ts"
import * as Traffic from "../../src/faults/Traffic.ts"
import * as World from "../../src/faults/World.ts"
import * as certificates from "./certificates.ts"

const chance = Chance.numbers(20_261_123)
const folder = mkdtempSync(join(tmpdir(), "payment-proxy-authority-"))
const authority = join(folder, "authority.pem")
const servers = new Set<Server>()
beforeAll(() => writeFileSync(authority, certificates.authority))
afterAll(() => {
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true, force: true })
})

const listening = async (server: Server, port = 0): Promise<number> => {
  servers.add(server)
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done))
  return (server.address() as AddressInfo).port
}

/** A server with a certificate that must not be trusted: how often it was dialled, and how often somebody spoke to it. */
const badlyCertified = async (cert: string) => {
  const seen = { dialled: 0, spoken: 0 }
  const server = createTls({ cert, key: certificates.key }, () => {
    seen.spoken += 1
  })
  server.on("connection", () => {
    seen.dialled += 1
  })
  server.on("tlsClientError", () => undefined)
  return { seen, url: `https://127.0.0.1:${await listening(server)}` }
}

const inWorld = async (
  platformUrl: string,
  use: (world: World.World, gateway: World.Service) => Promise<void>
): Promise<void> => {
  const world = await World.start({ platformUrl, environment: { NODE_EXTRA_CA_CERTS: authority } })
  try {
    const [gateway] = world.gateways
    if (gateway === undefined) throw new Error("There is no gateway.")
    await gateway.up()
    await use(world, gateway)
  } finally {
    await world.close()
  }
}

interface Shown {
  readonly payOrderNo: string
  readonly status: string
  readonly inDoubt: boolean
}

/** An order of a platform that cannot be reached: not failed, and not in doubt, as nothing was sent. */
const unsent = async (world: World.World) => {
  const order = Traffic.order(chance)
  const response = await world.client.call("POST", "/v1/orders", order.app, {
    body: JSON.stringify(order.body),
    headers: { "idempotency-key": order.key }
  })
  const shown = (await response.json()) as Shown
  expect([response.status, shown.status, shown.inDoubt]).toEqual([202, "SUBMITTING", false])
  return { order, shown }
}

describe("F24 a platform that cannot be reached was not sent anything", { timeout: 180_000 }, () => {
  it("refused: tried again under the same number as soon as it is there, one payment", async () => {
    const port = await FreePort.pick()
    await inWorld(`http://127.0.0.1:${port}`, async (world) => {
      const { order, shown } = await unsent(world)
      const { hostname, port: there } = new URL(world.platformUrl)
      let dialled = 0
      const bridge = createPlain((socket) => {
        dialled += 1
        const onward = connect(Number(there), hostname)
        socket.on("error", () => onward.destroy())
        onward.on("error", () => socket.destroy())
        socket.pipe(onward).pipe(socket)
      })
      await listening(bridge, port)
      const now = await world.client.read(order.app, shown.payOrderNo, "?wait=20&version=2")
      const last =
        now?.status === "PENDING" ? now : await world.client.read(order.app, shown.payOrderNo, "?wait=20&version=3")
      await world.rest(20_000)
      expect(dialled).toBeGreaterThan(0)
      expect((await world.client.read(order.app, shown.payOrderNo))?.status, last?.status).toBe("PENDING")
      const sources = await world.sources()
      expect(sources.ledger.payments.filter(({ number }) => number === shown.payOrderNo).length).toBe(1)
      expect(Checker.check(sources).violations).toEqual([])
    })
  })

  it("no such host", () =>
    inWorld("http://platform.invalid", async (world) => {
      await unsent(world)
    }))

  it.each([
    ["signed by itself", certificates.selfSigned],
    ["expired", certificates.expired],
    ["of another host", certificates.otherHost]
  ])("a certificate that is %s: dialled, and not a word said", async (_, certificate) => {
    const { seen, url } = await badlyCertified(certificate)
    await inWorld(url, async (world) => {
      await unsent(world)
      expect(seen.dialled).toBeGreaterThan(0)
      expect(seen.spoken).toBe(0)
    })
  })
})
