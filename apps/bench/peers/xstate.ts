import type { Machine, Payment } from "@payment-proxy/domain"
import { PaymentCommands, PaymentTable } from "@payment-proxy/domain"
import { assign, createMachine, initialTransition, transition } from "xstate"

/**
 * The payment machine as a good engineer writes it in XState 5: the same states, the same commands and kinds of evidence
 * as events, guards for fresh evidence, the deadline and what the app was told. It is made from our own table, so that
 * no cell can differ; it keeps no money facts, vendor numbers, versions or operations, which our `absorb` does.
 */
interface Context {
  readonly toldDead: boolean
  readonly deadlineMillis: number
  readonly settlingMillis: number
  readonly contradiction: { readonly column: string; readonly sinceMillis: number } | null
}

/** Evidence of one kind, with what the guards ask about it. */
export interface Event {
  readonly type: PaymentTable.Column
  readonly isFresh: boolean
  readonly askedAtMillis: number
  readonly nowMillis: number
}

interface Asked {
  readonly context: Context
  readonly event: Event
}
type Guard = (asked: Asked) => boolean

const isFresh: Guard = ({ event }) => event.isFresh
const isPast: Guard = ({ context, event }) => event.askedAtMillis > context.deadlineMillis
const isTold: Guard = ({ context }) => context.toldDead
const isRepeated: Guard = ({ context, event }) =>
  event.isFresh &&
  context.contradiction?.column === event.type &&
  event.askedAtMillis - context.contradiction.sinceMillis >= context.settlingMillis
const isFirst: Guard = ({ context, event }) => event.isFresh && context.contradiction?.column !== event.type

const keep = assign(({ event }: Asked) => ({
  contradiction: { column: event.type, sinceMillis: event.nowMillis }
}))
const tell = assign({ toldDead: true })

const moves = (cell: Machine.Cell<Payment.State>) => {
  if (cell.act === "stay" || cell.act === "ask") return []
  if (cell.act === "contradict")
    return [
      { guard: isRepeated, target: cell.to },
      { guard: isFirst, actions: keep }
    ]
  const target = cell.to
  if (cell.late === true) return [{ guard: isTold, target: "LATE_PAID" }, { target }]
  if (cell.deadline === "after") return [{ guard: (asked: Asked) => isFresh(asked) && isPast(asked), target }]
  if (cell.deadline === "before") return [{ guard: (asked: Asked) => isFresh(asked) && !isPast(asked), target }]
  return cell.fresh === true ? [{ guard: isFresh, target }] : [{ target }]
}

const evidenceOf = (state: Payment.State) =>
  PaymentTable.columns.flatMap((column) => {
    const found = moves(PaymentTable.table[state][column])
    return found.length === 0 ? [] : [[column, found] as const]
  })

const commandsOf = (state: Payment.State) =>
  Object.entries(PaymentCommands.commands).flatMap(([name, targets]) =>
    Object.entries(targets).flatMap(([from, target]) =>
      from === state && target !== state ? [[name, [{ target }]] as const] : []
    )
  )

const stateOf = (state: Payment.State) => [
  state,
  {
    on: Object.fromEntries([...evidenceOf(state), ...commandsOf(state)]),
    ...(state === "FAILED" || state === "CLOSED" ? { entry: tell } : {})
  }
]

/** The machine; it starts in CREATED. */
export const machine = createMachine({
  initial: "CREATED",
  context: { toldDead: false, deadlineMillis: 3_000_000, settlingMillis: 300_000, contradiction: null },
  states: Object.fromEntries((Object.keys(PaymentTable.table) as ReadonlyArray<Payment.State>).map(stateOf))
})

const [created] = initialTransition(machine)
const [submitted] = transition(machine, created, { type: "submit" })

/** The state after a life's events, by the pure `transition`. */
export const live = (events: ReadonlyArray<Event>): string => {
  let snapshot = submitted
  for (const event of events) [snapshot] = transition(machine, snapshot, event)
  return String(snapshot.value)
}

/** The states that it goes through in a life. */
export const states = (events: ReadonlyArray<Event>): ReadonlyArray<string> => {
  let snapshot = submitted
  return events.map((event) => {
    ;[snapshot] = transition(machine, snapshot, event)
    return String(snapshot.value)
  })
}
