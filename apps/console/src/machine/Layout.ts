import type { Graph } from "./Way.ts"
import { keyOf } from "./Way.ts"

/** A point of a drawing, in its own units. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** Where the states of a machine stand (their middles), on a drawing of what size. */
export interface Layout {
  readonly width: number
  readonly height: number
  readonly box: { readonly width: number; readonly height: number }
  readonly at: Readonly<Record<string, Point>>
}

/** An arrow as it is drawn: a quadratic curve and the place for its numbers. */
export interface Route {
  readonly path: string
  readonly middle: Point
}

/** A place where there is none: what is drawn there can be seen to lack one. */
const nowhere: Point = { x: 0, y: 0 }

const curveAt = (a: Point, b: Point, c: Point, t: number): Point => ({
  x: (1 - t) ** 2 * a.x + 2 * t * (1 - t) * b.x + t ** 2 * c.x,
  y: (1 - t) ** 2 * a.y + 2 * t * (1 - t) * b.y + t ** 2 * c.y
})

/** Where the line from the middle of a box towards `to` leaves the box, `gap` outside of it. */
const edge = ({ box }: Layout, from: Point, to: Point, gap: number): Point => {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const size = Math.hypot(dx, dy) || 1
  const scale = Math.min(box.width / 2 / (Math.abs(dx) || 1e-6), box.height / 2 / (Math.abs(dy) || 1e-6))
  return { x: from.x + dx * scale + (dx / size) * gap, y: from.y + dy * scale + (dy / size) * gap }
}

const samples = 24

/** How much a curve runs over boxes that are not its own, or out of the drawing. */
const hits = (layout: Layout, ends: ReadonlyArray<string>, a: Point, b: Point, c: Point): number => {
  const others = Object.entries(layout.at).filter(([state]) => !ends.includes(state))
  const [halfWidth, halfHeight] = [layout.box.width / 2 + 4, layout.box.height / 2 + 4]
  let count = 0
  for (let i = 1; i < samples; i += 1) {
    const { x, y } = curveAt(a, b, c, i / samples)
    if (x < 4 || y < 4 || x > layout.width - 4 || y > layout.height - 4) count += 1
    for (const [, at] of others) if (Math.abs(x - at.x) < halfWidth && Math.abs(y - at.y) < halfHeight) count += 1
  }
  return count
}

const offsets = [0, 14, -14, 28, -28, 44, -44, 62, -62, 84, -84, 110, -110, 140, -140, 180, -180, 230, -230, 300, -300]

/** A curve between two states, bent no more than it must be to run over none of the others. */
const between = (layout: Layout, from: string, to: string, isPaired: boolean): Route => {
  const [start, end] = [layout.at[from] ?? nowhere, layout.at[to] ?? nowhere]
  const [dx, dy] = [end.x - start.x, end.y - start.y]
  const size = Math.hypot(dx, dy) || 1
  const candidates = offsets.map((offset) => {
    const bent = isPaired ? offset + 18 : offset
    const control = { x: (start.x + end.x) / 2 - (dy / size) * bent, y: (start.y + end.y) / 2 + (dx / size) * bent }
    const a = edge(layout, start, control, 1)
    const c = edge(layout, end, control, 4)
    return { a, control, c, cost: hits(layout, [from, to], a, control, c) * 1000 + Math.abs(offset) }
  })
  const best = candidates.reduce((least, other) => (other.cost < least.cost ? other : least))
  const { a, control, c } = best
  const n = (value: number) => value.toFixed(1)
  return {
    path: `M${n(a.x)} ${n(a.y)}Q${n(control.x)} ${n(control.y)} ${n(c.x)} ${n(c.y)}`,
    middle: curveAt(a, control, c, 0.5)
  }
}

/** A small loop above the right end of a state's box. */
const loop = ({ box, at }: Layout, state: string): Route => {
  const { x, y } = at[state] ?? nowhere
  const [right, top] = [x + box.width / 2 - 12, y - box.height / 2]
  return {
    path: `M${right - 24} ${top - 1}C${right - 26} ${top - 24} ${right + 2} ${top - 24} ${right} ${top - 4}`,
    middle: { x: right - 12, y: top - 18 }
  }
}

/** The curve of an arrow; `isPaired`: there is one the other way round, and the two keep apart. */
export const route = (layout: Layout, from: string, to: string, isPaired: boolean): Route =>
  from === to ? loop(layout, from) : between(layout, from, to, isPaired)

/** The curves of all of a machine's arrows. */
export const routes = (layout: Layout, { arrows }: Graph): ReadonlyMap<string, Route> => {
  const keys = new Set(arrows.map(({ from, to }) => keyOf(from, to)))
  return new Map(
    arrows.map(({ from, to }) => [keyOf(from, to), route(layout, from, to, keys.has(keyOf(to, from)))] as const)
  )
}

const rows = (ys: ReadonlyArray<number>, states: Readonly<Record<string, readonly [x: number, row: number]>>) =>
  Object.fromEntries(Object.entries(states).map(([state, [x, row]]) => [state, { x, y: ys[row] ?? 0 }]))

/** The payment machine on a wide page: the good way along the middle, ends below it, what a person decides at the foot. */
export const paymentWide: Layout = {
  width: 1044,
  height: 404,
  box: { width: 138, height: 46 },
  at: rows([48, 148, 258, 362], {
    CREATED: [76, 1],
    SUBMITTING: [252, 1],
    PENDING: [428, 1],
    AUTHORIZED: [520, 0],
    SUCCEEDED: [616, 1],
    PARTIALLY_REFUNDED: [792, 1],
    REFUNDED: [968, 1],
    CLOSING: [340, 2],
    CLOSED: [516, 2],
    LATE_PAID: [704, 2],
    FAILED: [428, 3],
    HELD: [792, 3]
  })
}

/** The payment machine on a phone, from top to bottom. */
export const paymentTall: Layout = {
  width: 352,
  height: 560,
  box: { width: 102, height: 46 },
  at: rows([36, 122, 212, 302, 400, 520], {
    CREATED: [176, 0],
    SUBMITTING: [176, 1],
    PENDING: [72, 2],
    AUTHORIZED: [290, 2],
    CLOSING: [60, 3],
    SUCCEEDED: [222, 3],
    CLOSED: [60, 4],
    PARTIALLY_REFUNDED: [292, 4],
    LATE_PAID: [176, 4],
    FAILED: [60, 5],
    REFUNDED: [292, 5],
    HELD: [176, 5]
  })
}

/** The refund machine on a wide page. */
export const refundWide: Layout = {
  width: 700,
  height: 240,
  box: { width: 138, height: 46 },
  at: rows([36, 120, 204], {
    CREATED: [76, 1],
    SUBMITTING: [258, 1],
    PENDING: [440, 1],
    SUCCEEDED: [622, 0],
    FAILED: [622, 2],
    HELD: [440, 2]
  })
}

/** The refund machine on a phone. */
export const refundTall: Layout = {
  width: 352,
  height: 340,
  box: { width: 102, height: 46 },
  at: rows([36, 122, 212, 304], {
    CREATED: [60, 0],
    SUBMITTING: [60, 1],
    PENDING: [60, 2],
    SUCCEEDED: [292, 1],
    FAILED: [292, 2],
    HELD: [176, 3]
  })
}
