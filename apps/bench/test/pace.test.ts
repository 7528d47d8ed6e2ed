import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { expect, it } from "vitest"
import * as Pace from "../src/load/Pace.ts"

/** What Node's server says, unasked, on a connection by which nothing came. */
const unasked = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"

it("a load goes on where the server closes connections, and every request is answered once", async () => {
  let calls = 0
  const server = createServer((request, response) => {
    calls += 1
    if (calls % 50 === 0) return request.socket.destroy()
    return response.writeHead(201, { "content-length": 2 }).end("{}")
  })
  server.keepAliveTimeout = 20
  server.on("connection", (socket) => setTimeout(() => socket.bytesRead === 0 && socket.end(unasked), 200))
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const { port } = server.address() as AddressInfo
  const asked: Array<number> = []
  const request = (index: number) => {
    asked.push(index)
    return "POST / HTTP/1.1\r\nhost: load\r\ncontent-length: 0\r\n\r\n"
  }
  const outcome = await Pace.drive({ port, perSecond: 300, seconds: 1, request, status: 201, onAnswer: () => {} })
  server.closeAllConnections()
  server.close()
  expect(outcome.millis).toHaveLength(300)
  expect(outcome.refused).toBe(0)
  expect(new Set(asked).size).toBe(300)
  expect(asked.length).toBeGreaterThan(300)
})

it("a load ends where the server closes every connection", async () => {
  const server = createServer((request) => request.socket.destroy())
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const { port } = server.address() as AddressInfo
  const request = () => "POST / HTTP/1.1\r\nhost: load\r\ncontent-length: 0\r\n\r\n"
  const load = Pace.drive({ port, perSecond: 1000, seconds: 60, request, status: 201, onAnswer: () => {} })
  await expect(load).rejects.toThrow("closes every connection")
  server.close()
})
