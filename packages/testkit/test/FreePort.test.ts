import { createServer } from "node:net"
import { expect, it } from "vitest"
import * as FreePort from "../src/FreePort.ts"

it("ports that are picked can be listened at, are none that a system picks, and never twice the same", async () => {
  const ports = await Promise.all(Array.from({ length: 100 }, FreePort.pick))
  expect(new Set(ports).size).toBe(100)
  expect(ports.every((port) => port >= 20_000 && port < 32_000)).toBe(true)
  const [port] = ports
  const server = createServer()
  await new Promise<void>((done, fail) => server.once("error", fail).listen(port, "127.0.0.1", done))
  await new Promise((done) => server.close(done))
})
