import { writeFileSync } from "node:fs"
import { Diagram } from "@payment-proxy/domain"
import type { Graph } from "../src/machine/Way.ts"

/** `notFound, open † past the deadline · closed †` as names, each with its mark. */
const causesOf = (label: string): ReadonlyArray<string> =>
  label.split(" · ").flatMap((part) => {
    const [, names = part, mark = ""] = /^(\w[\w(), ]*?)( (?:†|‡|if ).*)?$/.exec(part) ?? []
    return names.split(", ").map((name) => `${name}${mark}`)
  })

/** A machine of the domain as the page draws it. */
export const graphOf = (machine: Parameters<typeof Diagram.arrows>[0]): Graph => ({
  states: machine.states,
  arrows: Diagram.arrows(machine).map(({ from, to, label }) => ({ from, to, by: causesOf(label) }))
})

/** The machines as source text: the domain's tables without what they stand on. */
export const text = (): string => `// Made by scripts/machines.ts from the domain's tables.
import type { Graph } from "./Way.ts"

/** Every state and every possible move of a payment. */
export const payment: Graph = ${JSON.stringify(graphOf(Diagram.payment))}

/** Every state and every possible move of a refund. */
export const refund: Graph = ${JSON.stringify(graphOf(Diagram.refund))}
`

if (import.meta.main) writeFileSync(new URL("../src/machine/graphs.ts", import.meta.url), text())
