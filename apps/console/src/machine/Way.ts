/** A machine as data: its states, and its arrows with what leads along them and under which condition. */
export interface Graph {
  readonly states: ReadonlyArray<string>
  /** `by`: commands as `close()`, evidence as its kind, each with its mark: `closed †`. */
  readonly arrows: ReadonlyArray<{
    readonly from: string
    readonly to: string
    readonly by: ReadonlyArray<string>
  }>
}

/** A row of history as far as a way is made of it. */
interface Row {
  readonly status: string
  readonly cause: string
  readonly at: string
}

/** One step of the way that an order took; `number` counts from 1. */
export interface Step {
  readonly number: number
  readonly from: string
  readonly to: string
  readonly cause: string
  readonly at: string
}

/** What a row does that stays in its state and is a move all the same: money was asked for. */
const loops: ReadonlySet<string> = new Set(["refund", "capture asked", "capture"])

/** The steps that a history (oldest first) tells of: each change of state, and each loop that the machine has. */
export const stepsOf = (graph: Graph, history: ReadonlyArray<Row>): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  const add = (from: string, { status, cause, at }: Row) =>
    steps.push({ number: steps.length + 1, from, to: status, cause, at })
  let state = graph.states[0] ?? "CREATED"
  for (const row of history) {
    const isLoop =
      row.status === state &&
      loops.has(row.cause) &&
      graph.arrows.some(({ from, to }) => from === row.status && to === row.status)
    if (row.status !== state || isLoop) add(state, row)
    state = row.status
  }
  return steps
}

/** The name of the arrow between two states. */
export const keyOf = (from: string, to: string): string => `${from}>${to}`

/** The arrows that were taken, each with the numbers of its steps; also those that only a person's word opens. */
export const taken = (steps: ReadonlyArray<Step>): ReadonlyMap<string, ReadonlyArray<number>> => {
  const numbers = new Map<string, Array<number>>()
  for (const { from, to, number } of steps) {
    const key = keyOf(from, to)
    numbers.set(key, [...(numbers.get(key) ?? []), number])
  }
  return numbers
}

/** The states that `state` can still come to by itself, over any number of moves; HELD leads on by a person alone. */
export const reachable = (graph: Graph, state: string): ReadonlySet<string> => {
  const found = new Set<string>()
  const open = [state]
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const { from, to } of graph.arrows)
      if (from === at && !found.has(to)) {
        found.add(to)
        open.push(to)
      }
  return found
}
