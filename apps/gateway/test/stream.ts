import { get, type IncomingMessage } from "node:http"

/** One event of a stream. */
export interface Told {
  readonly id: string
  readonly event: string
  readonly data: string
}

const field = (block: string, name: string): string | undefined => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1]

const toldIn = (block: string): ReadonlyArray<Told> => {
  const [id, event, data] = ["id", "event", "data"].map((name) => field(block, name))
  return id === undefined || event === undefined || data === undefined ? [] : [{ id, event, data }]
}

/** A client that follows a stream on a connection of its own: `until` waits for so many events, `ended` for its end. */
export const follow = async (url: string, headers: Record<string, string>) => {
  const asked = get(url, { agent: false, headers: { accept: "text/event-stream", ...headers } })
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    asked.once("response", resolve).once("error", reject)
  )
  asked.on("error", () => {})
  const told: Array<Told> = []
  const waiting = new Set<() => void>()
  let raw = ""
  let isOver = false
  const wakeAll = (): void => {
    for (const wake of waiting) wake()
  }
  const ended = new Promise<"cleanly" | "cut off">((resolve) => {
    let rest = ""
    response
      .setEncoding("utf8")
      .on("data", (part: string) => {
        raw += part
        const blocks = (rest + part).split("\n\n")
        rest = blocks.pop() ?? ""
        for (const block of blocks) told.push(...toldIn(block))
        wakeAll()
      })
      .on("error", () => {})
      .once("close", () => {
        isOver = true
        wakeAll()
        resolve(response.complete ? "cleanly" : "cut off")
      })
  })
  const until = (count: number): Promise<ReadonlyArray<Told>> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (told.length >= count) resolve(told.slice())
        else if (isOver) reject(new Error(`The stream ended with ${told.length} of ${count} events.`))
        else return
        waiting.delete(look)
      }
      waiting.add(look)
      look()
    })
  return { response, until, ended, raw: () => raw, leave: () => asked.destroy() }
}
