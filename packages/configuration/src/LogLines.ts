import { Logger } from "effect"

const togetherMillis = 5

const make = () => {
  let waiting: Array<string> = []
  const flush = (): void => {
    const lines = waiting
    waiting = []
    if (lines.length > 0) process.stdout.write(lines.join(""))
  }
  process.once("exit", flush)
  return Logger.map(Logger.jsonLogger, (line) => {
    if (waiting.push(`${line}\n`) === 1) setTimeout(flush, togetherMillis).unref()
  })
}

/**
 * Each log entry as one line of JSON on standard output, those of five milliseconds in one write: one each costs more than
 * what it tells of. A process that is killed takes the last of them with it.
 */
export const layer = Logger.replace(Logger.defaultLogger, make())
