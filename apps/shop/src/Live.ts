import type { ServerResponse } from "node:http"

/** Browsers that look at a page and are told when it would say something else; each stream is `text/event-stream`. */
export interface Live {
  /** Keeps a browser that looks at one order, or at all; false where too many look already. */
  readonly join: (response: ServerResponse, payOrderNo: string | null) => boolean
  /** Tells those who look at this order, or at all. */
  readonly changed: (payOrderNo: string | null) => void
  readonly end: () => void
}

const streamsAtOnce = 100
const heartbeatMillis = 20_000

/** Nobody looks yet. */
export const make = (): Live => {
  const looking = new Map<ServerResponse, string | null>()
  const heartbeat = setInterval(() => {
    for (const response of looking.keys()) response.write(": still here\n\n")
  }, heartbeatMillis).unref()
  return {
    join: (response, payOrderNo) => {
      if (looking.size >= streamsAtOnce) return false
      looking.set(response, payOrderNo)
      response.once("close", () => looking.delete(response))
      response.write("retry: 2000\n\n")
      return true
    },
    changed: (payOrderNo) => {
      for (const [response, looksAt] of looking)
        if (looksAt === null || looksAt === payOrderNo) response.write("event: changed\ndata:\n\n")
    },
    end: () => {
      clearInterval(heartbeat)
      for (const response of looking.keys()) response.end()
    }
  }
}
