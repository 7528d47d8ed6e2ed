import { Effect } from "effect"
import type { Arguments } from "../Arguments.ts"
import type { Printed } from "../Printed.ts"
import * as Report from "../Report.ts"
import * as Load from "./Load.ts"
import * as Rounds from "./rounds.ts"
import * as Site from "./Site.ts"

const connections = [32, 128] as const

const body = JSON.stringify({
  vendor: "platform",
  businessNo: "POLICY-2026-0001",
  amount: { value: "12.34", currency: "CNY" },
  method: "ALIPAY",
  source: "WEB",
  description: "Travel insurance, 3 days",
  returnUrl: "http://127.0.0.1:4020/done"
})

const post = (key: string, idempotencyKey: string): string =>
  `POST /v1/orders HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${key}\r\nidempotency-key: ${idempotencyKey}\r\n` +
  `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

const get = (key: string, payOrderNo: string): string =>
  `GET /v1/orders/${payOrderNo} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${key}\r\n\r\n`

const creates = ({ key }: Site.Site): Rounds.Asking => ({
  request: ({ name }, index) => post(key, `${name}-${index}`),
  status: 201
})

const ordersToRead = 2000

/** Asks for orders of each rival's own, one after the other. */
const reads = async ({ key, rivals }: Site.Site): Promise<Rounds.Asking> => {
  const numbers = new Map<string, ReadonlyArray<string>>()
  for (const { name, port } of rivals) {
    const made: Array<string> = []
    const request = (index: number) => post(key, `to-read-${name}-${index}`)
    const each = ({ payOrderNo }: { readonly payOrderNo: string }) => void made.push(payOrderNo)
    while (made.length < ordersToRead)
      await Load.drive(
        { port, connections: 32, seconds: 1, request, status: 201, onAnswer: (text) => each(JSON.parse(text)) },
        made.length
      )
    numbers.set(name, made)
  }
  const request = ({ name }: Site.Rival, index: number) => {
    const made = numbers.get(name) ?? []
    return get(key, made[index % made.length] ?? "")
  }
  return { request, status: 200 }
}

const kinds = { create: creates, read: reads }

const notes = (readyMillis: number) => [
  "All share this machine: the rival, MariaDB (a flush at each COMMIT, 2 GB of buffer, 1 GB of log), the sandbox platform, and the load.",
  `Our gateway was ready ${Math.round(readyMillis)} ms after its start, bundled, on a database that was there.`
]

/** One count of connections on a site of its own, as what a site has taken slows it down: the sandbox keeps all of it in memory. */
const measured = async (kind: keyof typeof kinds, count: number, { name, seconds, times, seed }: Arguments) => {
  const site = await Site.start()
  try {
    const asking = await kinds[kind](site)
    const [ours, ...peers] = await Rounds.measure(site, asking, { connections: count, rounds: times, seconds })
    if (ours === undefined) throw new Error("Nobody was measured.")
    const report = Report.make({ name: `${name} at ${count}`, seed, ours, peers, references: [], notes: [] })
    return { report, readyMillis: site.readyMillis }
  } finally {
    await site.world.close()
  }
}

/** Creates or reads under a closed loop of 32 and of 128 connections, ours and peer A by turns. */
export const run = (kind: keyof typeof kinds, asked: Arguments) =>
  Effect.promise(async (): Promise<Printed> => {
    const reports: Array<Report.Report> = []
    let readyMillis = 0
    for (const count of connections) {
      const one = await measured(kind, count, asked)
      reports.push(one.report)
      readyMillis = Math.max(readyMillis, one.readyMillis)
    }
    return {
      lines: [
        ...reports.map((report) => `${report.name} connections\n${Report.table(report)}\n`),
        ...notes(readyMillis)
      ],
      json: Report.together(asked.name, reports, notes(readyMillis)),
      isRight: true
    }
  })
