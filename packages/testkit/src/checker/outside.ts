import type { DeliveryRow, Received, Sources } from "./Sources.ts"
import type { Violation } from "./Violation.ts"
import { found, grouped } from "./Violation.ts"

const patienceMillis = 600_000

const isTaken = ({ status }: Received): boolean => status >= 200 && status < 300

/** An order's next event waits for the one before it, at most ten minutes. */
const inOrder = (deliveries: ReadonlyArray<DeliveryRow>, sink: ReadonlyArray<Received>): ReadonlyArray<Violation> => {
  const gotOf = grouped(sink, ({ endpoint, eventId }) => `${endpoint} ${eventId}`)
  const of = (row: DeliveryRow) => gotOf.get(`${row.endpoint} ${row.eventId}`) ?? []
  return [...grouped(deliveries, ({ payOrderNo, endpoint }) => `${payOrderNo} ${endpoint}`).values()].flatMap(
    (rows) => {
      const sorted = [...rows].sort((a, b) => a.version - b.version)
      return sorted.flatMap((row, index) => {
        const before = sorted[index - 1]
        const first = of(row)[0]
        if (before === undefined || first === undefined || before.state === "given-up") return []
        const takenMillis = of(before).find(isTaken)?.atMillis ?? Number.POSITIVE_INFINITY
        const isEarly = first.atMillis < Math.min(takenMillis, before.createdMillis + patienceMillis)
        return found(
          isEarly,
          "I8",
          row.payOrderNo,
          `Version ${row.version} came before version ${before.version} was taken.`
        )
      })
    }
  )
}

/** I8: every delivery arrived, signed, the same each time, with its version, at its own app alone, in order. */
const webhooks = ({ dump, sink }: Sources): ReadonlyArray<Violation> => {
  const rows = new Map(dump.deliveries.map((row) => [`${row.endpoint} ${row.eventId}`, row]))
  const got = grouped(sink, ({ endpoint, eventId }) => `${endpoint} ${eventId}`)
  const apps = new Map(dump.endpoints.map(({ app, endpoint }) => [endpoint, app]))
  const owners = new Map([
    ...dump.orders.map(({ payOrderNo, app }) => [payOrderNo, app] as const),
    ...(dump.refunds ?? []).map(({ refundNo, app }) => [refundNo, app] as const)
  ])
  return [
    ...dump.deliveries.flatMap((row) => {
      const all = got.get(`${row.endpoint} ${row.eventId}`) ?? []
      return found(
        row.state === "delivered" && !all.some(isTaken),
        "I8",
        row.eventId,
        "It counts as delivered, and nobody took it."
      )
    }),
    ...[...got].flatMap(([name, all]) => {
      const row = rows.get(name)
      const isSame = new Set(all.map(({ body }) => body)).size === 1
      const isRight = all.every(({ payOrderNo, version }) => row?.payOrderNo === payOrderNo && row.version === version)
      return [
        ...found(row === undefined, "I8", name, "It was sent, and there is no delivery of it."),
        ...found(!isSame, "I8", name, "It was sent with different bodies."),
        ...found(row !== undefined && !isRight, "I8", name, "It tells of another order or version.")
      ]
    }),
    ...sink.flatMap(({ isVerified, eventId, endpoint, payOrderNo }) => [
      ...found(!isVerified, "I8", eventId, "Its signature is wrong."),
      ...found(apps.get(endpoint) !== owners.get(payOrderNo), "I8", eventId, `It went to ${endpoint}, another app's.`)
    ]),
    ...inOrder(dump.deliveries, sink)
  ]
}

/** I9: what was answered "received" is kept and reflected; what was not genuine left nothing behind. */
const notifications = ({ ledger, dump }: Sources): ReadonlyArray<Violation> => {
  const kept = new Set(dump.inbox.map(({ number, sha256 }) => `${number} ${sha256}`))
  const hashes = new Set(dump.inbox.map(({ sha256 }) => sha256))
  const orders = new Map(dump.orders.map((order) => [order.merchantOrderNo, order]))
  const genuine = new Set(ledger.notifications.filter((one) => one.isGenuine).map(({ bodySha256 }) => bodySha256))
  return ledger.notifications.flatMap(({ number, bodySha256, isGenuine, isTaken: wasTaken, saysPaid }) => {
    if (!isGenuine)
      return [
        ...found(wasTaken, "I9", number, "A forged, altered or foreign notification was answered received."),
        ...found(hashes.has(bodySha256) && !genuine.has(bodySha256), "I9", number, "One that was not genuine was kept.")
      ]
    const order = orders.get(number)
    const isReflected = order === undefined || order.state === "HELD" || order.capturedMinor > 0n
    return [
      ...found(
        wasTaken && !kept.has(`${number} ${bodySha256}`),
        "I9",
        number,
        "It was answered received and is not kept."
      ),
      ...found(
        wasTaken && saysPaid && !isReflected,
        "I9",
        number,
        "It said paid, was taken, and the order knows nothing."
      )
    ]
  })
}

/** The invariants of what others saw of us: I8 and I9. */
export const check = (sources: Sources): ReadonlyArray<Violation> => [...webhooks(sources), ...notifications(sources)]
