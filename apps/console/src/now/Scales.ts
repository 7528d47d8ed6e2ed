import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from "d3-scale"

/** What a chart's values are: counts from nothing, shares of one, or times that span decades. */
export type Kind = "count" | "share" | "log"
export type Scale = ScaleContinuousNumeric<number, number>
type Range = readonly [bottom: number, top: number]

/** High shares are drawn from the half or, where one fell below, from nothing; low ones as large as they come. */
const shareDomain = (values: ReadonlyArray<number>): readonly [number, number] => {
  if (values.length === 0) return [0, 1]
  const [lowest, highest] = [Math.min(...values), Math.max(...values)]
  if (highest >= 0.5) return [lowest > 0.6 ? 0.5 : 0, 1]
  return [0, Math.max(highest * 1.1, 0.01)]
}

/** A decade at least, so that there is more than one tick. */
const logDomain = (values: ReadonlyArray<number>): readonly [number, number] => {
  const positive = values.filter((value) => value > 0)
  if (positive.length === 0) return [10, 1000]
  const low = Math.max(1, Math.min(...positive) * 0.7)
  return [low, Math.max(Math.max(...positive) * 1.2, low * 12)]
}

/** The scale on which these values are told apart, from the bottom to the top in pixels. */
export const make = (kind: Kind, values: ReadonlyArray<number>, range: Range): Scale => {
  if (kind === "log") return scaleLog(logDomain(values), range).clamp(true)
  if (kind === "share") return scaleLinear(shareDomain(values), range)
  return scaleLinear([0, Math.max(4, ...values)], range).nice(4)
}

const steps = [1, 2, 5].flatMap((step) => [1, 10, 100, 1000, 10_000, 100_000].map((decade) => step * decade))

/** Where an axis says its value: whole numbers for counts, 1, 2 and 5 of each decade for times. */
export const ticks = (kind: Kind, scale: Scale): ReadonlyArray<number> => {
  if (kind === "share") return scale.ticks(4)
  if (kind === "count") return scale.ticks(4).filter(Number.isInteger)
  const [low = 1, high = 1] = scale.domain()
  const inside = steps.filter((tick) => tick >= low && tick <= high).sort((a, b) => a - b)
  const decades = inside.filter((tick) => /^10*$/.test(`${tick}`))
  return inside.length > 6 && decades.length > 1 ? decades : inside
}
