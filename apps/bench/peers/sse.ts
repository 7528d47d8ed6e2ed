// The stream of an order's events as it is written by hand where nobody is told: plain node:http, and for each waiter a
// question to the database every second, on a pool of 20 connections with prepared statements. It knows the apps' keys by
// heart, does not go on after `Last-Event-ID`, and has no bounds.
import { createHash } from "node:crypto"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { createPool, type RowDataPacket } from "mysql2/promise"

const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex")
const keys = new Set((process.env["APP_KEYS"] ?? "").split(",").map(hashOf))
const database = createPool({ uri: process.env["DATABASE_URL"] ?? "", connectionLimit: 20, maxIdle: 20 })

const everyMillis = 1000

const versionOf = async (payOrderNo: string): Promise<number> => {
  const [rows] = await database.execute<Array<RowDataPacket>>(
    "SELECT version FROM payment_proxy_order WHERE pay_order_no = ?",
    [payOrderNo]
  )
  return Number(rows[0]?.["version"] ?? 0)
}

interface Row extends RowDataPacket {
  readonly id: string
  readonly type: string
  readonly body: string
}

const eventsOf = async (payOrderNo: string): Promise<ReadonlyArray<Row>> => {
  const [rows] = await database.execute<Array<Row>>(
    "SELECT id, type, body FROM payment_proxy_delivery WHERE pay_order_no = ? ORDER BY id",
    [payOrderNo]
  )
  return rows
}

/** Asks for the version each second, and for the events where it has risen. */
const follow = async (payOrderNo: string, response: ServerResponse): Promise<void> => {
  let version = 0
  const sent = new Set<string>()
  const look = async (): Promise<void> => {
    const now = await versionOf(payOrderNo)
    if (now > version) {
      for (const { id, type, body } of await eventsOf(payOrderNo))
        if (!sent.has(id)) {
          sent.add(id)
          response.write(`id: ${id}\nevent: ${type}\ndata: ${body}\n\n`)
        }
      version = now
    }
    if (!response.destroyed) setTimeout(() => void look(), everyMillis)
  }
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" })
  await look()
}

const server = createServer((request, response) => {
  const [, payOrderNo] = /^\/v1\/orders\/(\w+)\/events$/.exec(request.url ?? "") ?? []
  const key = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1] ?? ""
  if (payOrderNo === undefined) response.writeHead(404).end()
  else if (keys.has(hashOf(key))) void follow(payOrderNo, response)
  else response.writeHead(401).end()
})
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  console.log(JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` }))
})
