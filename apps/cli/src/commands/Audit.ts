import { Command } from "@effect/cli"
import { Audit, OrderNotFound } from "@payment-proxy/application"
import { Effect, Option } from "effect"
import * as Failed from "../Failed.ts"
import { leaf, optional } from "../Leaf.ts"
import * as Progress from "../Progress.ts"
import * as Shown from "../Shown.ts"

const timeOf = (millis: number): string => new Date(millis).toISOString()

const shownAs = ({ keyId, sinceMillis, ...report }: Audit.Report) => ({ keyId, since: timeOf(sinceMillis), ...report })

const shown = (report: Audit.Report): Shown.Shown => {
  const { keyId, since, orders, entries, unchained, faults, found } = shownAs(report)
  const head = Shown.fields({
    "orders and refunds": orders,
    entries,
    "older than the chain": unchained,
    faults,
    "chained by key": keyId,
    since
  })
  const table = Shown.table(
    ["NUMBER", "VERSION", "FAULT", "DETAIL"],
    found.map(({ payOrderNo, version, fault, detail }) => [payOrderNo, version, fault, detail])
  )
  const fault = new Failed.Failed({
    exit: Failed.exits.refused,
    code: "HISTORY_BROKEN",
    detail: `${faults} orders or refunds are not as they were written: compare them with a backup and with the vendor.`
  })
  return {
    json: shownAs(report),
    text: faults === 0 ? head : `${head}\n\n${table}`,
    fault: faults === 0 ? undefined : fault
  }
}

const verify = leaf(
  "verify",
  {
    about: "Looks whether every history is as it was written: nothing altered, taken out or put in.",
    example: "audit verify",
    config: { order: optional("order", "Only this order and its refunds") }
  },
  ({ order }) =>
    Effect.gen(function* () {
      const progress = yield* Progress.make("verified", null)
      const number = Option.getOrUndefined(order)
      const report = yield* Audit.verify({ number, onProgress: ({ orders }) => progress(orders) })
      if (number !== undefined && report.orders === 0) return yield* new OrderNotFound({ number })
      return shown(report)
    })
)

/** `payment-proxy audit …` */
export const audit = Command.make("audit").pipe(
  Command.withDescription("Whether histories are as they were written"),
  Command.withSubcommands([verify])
)
