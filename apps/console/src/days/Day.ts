import type { Answer } from "../Admin.ts"

/** A vendor's day. */
export type Day = Answer<"reconciliation.days">[number]
export type Status = Day["differences"][number]["status"]

/** How a day stands; `open` and `awaited` by what it has of differences. */
export type DayState = "fine" | "open" | "awaited" | "failed" | "running" | "due" | "later"

/** How many differences stand so. */
export const countOf = ({ differences }: Pick<Day, "differences">, status: Status): number =>
  differences.reduce((sum, one) => (one.status === status ? sum + one.count : sum), 0)

/** How a day stands. */
export const stateOf = (day: Day, nowMillis: number): DayState => {
  const { run, startedAt, finishedAt, fault, dueAt } = day
  if (fault !== null) return "failed"
  const isRunning = startedAt !== null && (finishedAt === null || Date.parse(startedAt) > Date.parse(finishedAt))
  if (isRunning) return "running"
  if (run === 0) return dueAt !== null && Date.parse(dueAt) > nowMillis ? "later" : "due"
  if (countOf(day, "open") > 0) return "open"
  return countOf(day, "awaited") > 0 ? "awaited" : "fine"
}

const dayMillis = 86_400_000
const textOf = (millis: number): string => new Date(millis).toISOString().slice(0, "2026-11-27".length)

/** The weeks, Monday first, that the days lie in: the latest first, at most `most`. Days are `YYYY-MM-DD`. */
export const weeksOf = (days: ReadonlyArray<string>, most: number): ReadonlyArray<ReadonlyArray<string>> => {
  if (days.length === 0) return []
  const sorted = [...days].sort()
  const mondayOf = (day: string): number => {
    const millis = Date.parse(`${day}T00:00:00Z`)
    return millis - ((new Date(millis).getUTCDay() + 6) % 7) * dayMillis
  }
  const first = mondayOf(sorted[0] ?? "")
  const last = mondayOf(sorted.at(-1) ?? "")
  const weeks: Array<ReadonlyArray<string>> = []
  for (let monday = last; monday >= first && weeks.length < most; monday -= 7 * dayMillis)
    weeks.push(Array.from({ length: 7 }, (_, at) => textOf(monday + at * dayMillis)))
  return weeks
}

/** Whether that is how a day is written, and there is such a day. */
export const isDay = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) &&
  !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) &&
  textOf(Date.parse(`${text}T00:00:00Z`)) === text
