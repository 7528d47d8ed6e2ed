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

/** A client that follows a stream: `until` waits for so many events, `ended` for its end. */
export const follow = async (url: string, headers: Record<string, string>) => {
  const gone = new AbortController()
  const response = await fetch(url, { headers: { accept: "text/event-stream", ...headers }, signal: gone.signal })
  const told: Array<Told> = []
  const waiting = new Set<() => void>()
  let raw = ""
  let isOver = false
  const ended = (async () => {
    try {
      const text = new TextDecoder()
      let rest = ""
      for await (const chunk of response.body ?? []) {
        const part = text.decode(chunk, { stream: true })
        raw += part
        const blocks = (rest + part).split("\n\n")
        rest = blocks.pop() ?? ""
        for (const block of blocks) told.push(...toldIn(block))
        for (const wake of waiting) wake()
      }
      return "cleanly"
    } catch {
      return "cut off"
    } finally {
      isOver = true
      for (const wake of waiting) wake()
    }
  })()
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
  return { response, until, ended, raw: () => raw, leave: () => gone.abort() }
}
