import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type * as Checker from "@payment-proxy/testkit/Checker"
import { Webhook } from "standardwebhooks"

/** Where webhooks of all apps come to: a log of each, with the verdict of a library that is not ours. */
export interface Sink {
  readonly url: string
  readonly got: ReadonlyArray<Checker.Received>
  /** What the next ones are answered, as long as it says so; 204 unless it answers something. */
  answer: (received: { readonly eventId: string; readonly tries: number }) => number
  readonly close: () => Promise<void>
}

interface Event {
  readonly data: { readonly payOrderNo: string; readonly refundNo?: string; readonly version: number }
}

/** A sink for the endpoints `/hooks/<endpoint>`, which all sign with one throwaway secret. */
export const start = async (secret: string): Promise<Sink> => {
  const webhook = new Webhook(secret)
  const got: Array<Checker.Received> = []
  const tries = new Map<string, number>()
  const server = createServer(async (request, response) => {
    const atMillis = Date.now()
    const chunks: Array<Buffer> = []
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    } catch {
      return
    }
    const body = Buffer.concat(chunks).toString("utf8")
    const eventId = String(request.headers["webhook-id"])
    let isVerified = true
    try {
      webhook.verify(body, request.headers as Record<string, string>)
    } catch {
      isVerified = false
    }
    const count = (tries.get(eventId) ?? 0) + 1
    tries.set(eventId, count)
    const status = sink.answer({ eventId, tries: count })
    const { refundNo, version, ...data } = (JSON.parse(body) as Event).data
    const payOrderNo = refundNo ?? data.payOrderNo
    const endpoint = (request.url ?? "").split("/").at(-1) ?? ""
    got.push({ atMillis, endpoint, eventId, isVerified, payOrderNo, version, body, status })
    response.writeHead(status).end()
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const sink: Sink = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    got,
    answer: () => 204,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      })
  }
  return sink
}
