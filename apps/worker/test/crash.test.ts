import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"

it("a worker that is killed at K21 has written the event, and has not read its answer", async () => {
  const got: Array<string> = []
  const server = createServer(async (request, response) => {
    got.push(await text(request))
    response.writeHead(204).end()
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const main = fileURLToPath(new URL("crashing.ts", import.meta.url))
  const child = spawn(process.execPath, ["--conditions=source", main, `http://127.0.0.1:${port}/`], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const [said, [, signal]] = await Promise.all([text(child.stdout), once(child, "exit")])
  server.close()
  server.closeAllConnections()
  expect({ got, said, signal }).toEqual({
    got: [JSON.stringify({ text: "whole".repeat(100) })],
    said: "",
    signal: "SIGKILL"
  })
})
