import { Effect } from "effect"
import type { Arguments } from "../Arguments.ts"
import * as Rounds from "../load/rounds.ts"
import * as Site from "../load/Site.ts"
import type { Printed } from "../Printed.ts"
import * as Report from "../Report.ts"
import { padded } from "./Call.ts"

/** By how many connections it counts; the others stand beside it. */
const counting = 64
const all = [32, counting, 128]

/** The mapped create by hand. */
export const peer: Site.Peer = { name: "by hand", file: "mapped.ts" }
/** One route, with both filters. */
export const routes = "  platform:\n    vendor: platform\n    filters: [payment-order, oauth]\n"

/** A create of the platform's own API, 1 KB of it; no two have the same number. */
export const create = (key: string, number: string): string => {
  const body = padded({
    merchant_payment_no: number,
    amount: 1234,
    currency: "CNY",
    scene: "WEB",
    method: "ALIPAY",
    subject: "Travel insurance, 3 days",
    return_url: "http://127.0.0.1:4020/done"
  })
  return (
    `POST /proxy/platform/payments HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${key}\r\n` +
    `Idempotency-Key: "${number}"\r\nContent-Type: application/json\r\nAccept: application/json\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

const numberOf = ({ name }: Site.Rival, index: number): string => `${name === "ours" ? "ours" : "peer"}-${index}`

/** What a bench of shorter or longer turns may change. */
export interface Scale {
  readonly warmUpSeconds: number
  readonly connections: ReadonlyArray<number>
}

const usual: Scale = { warmUpSeconds: 5, connections: all }

const notes = [
  "All share this machine: the rival, MariaDB (a flush at each COMMIT, 2 GB of buffer, 1 GB of log), the sandbox platform, and the load.",
  `Creates of the platform's own API, 1 KB up, through both filters. ${counting} connections count: at least 1 is asked for.`
]

const reported = async (connections: number, { name, seconds, times, seed }: Arguments, { warmUpSeconds }: Scale) => {
  const site = await Site.start(peer, { routes })
  try {
    const request = (rival: Site.Rival, index: number) => create(site.key, numberOf(rival, index))
    const course = { connections, rounds: times, seconds, warmUpSeconds }
    const [ours, ...peers] = await Rounds.measure(site, { request, status: 201 }, course)
    if (ours === undefined) throw new Error("Nobody was measured.")
    return Report.make({ name: `${name} at ${connections}`, seed, ours, peers, references: [], notes: [] })
  } finally {
    await site.world.close()
  }
}

/** Creates through both filters under a closed loop, ours and the peer by hand by turns. */
export const measured = async (asked: Arguments, scale: Scale = usual): Promise<Printed> => {
  const reports: Array<Report.Report> = []
  for (const connections of scale.connections) reports.push(await reported(connections, asked, scale))
  return {
    lines: [...reports.map((report) => `${report.name} connections\n${Report.table(report)}\n`), ...notes],
    json: Report.together(asked.name, reports, notes),
    isRight: true
  }
}

/** The bench `proxy-order`. */
export const run = (asked: Arguments) => Effect.promise(() => measured(asked))
