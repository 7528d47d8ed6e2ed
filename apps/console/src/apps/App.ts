import { useQuery } from "@tanstack/react-query"
import { type Answer, call, type Input } from "../Admin.ts"

/** A business system. */
export type App = Answer<"apps.list">[number]
export type Endpoint = App["endpoints"][number]
export type Key = App["keys"][number]
export type Change = Input<"apps.change">["body"]

/** The types of events that are asked for most. */
export const usualEvents = [
  "order.*",
  "order.succeeded",
  "order.failed",
  "order.closed",
  "order.late_paid",
  "order.disputed",
  "refund.*",
  "refund.succeeded",
  "refund.failed"
] as const

/** At most so much may be asked for: the API's bounds. */
export const most = { createsPerSecond: 100_000, readsPerSecond: 100_000, streams: 5000, overlapHours: 720 } as const

/** A limit as it is typed: null is none; undefined is no limit that can be. */
export const limitOf = (text: string, atMost: number): number | null | undefined => {
  const trimmed = text.trim()
  if (trimmed === "") return null
  const count = /^\d{1,6}$/.test(trimmed) ? Number(trimmed) : 0
  return count >= 1 && count <= atMost ? count : undefined
}

/** Types of events as they are typed, once each; null where one is none. */
export const eventsOf = (chosen: ReadonlyArray<string>, others: string): ReadonlyArray<string> | null => {
  const all = [...new Set([...chosen, ...others.split(/[\s,，、;]+/).filter((one) => one !== "")])]
  return all.length > 0 && all.every((one) => /^(?:order|refund)\.(?:\*|[a-z_]+)$/.test(one)) ? all : null
}

/** Whether it is an address that events can be sent to, as far as that can be seen. */
export const isAddress = (text: string): boolean => /^https?:\/\/\S+$/.test(text) && text.length <= 2048

/** Whether an app's id can be one. */
export const isId = (text: string): boolean => /^[a-z0-9](?:[a-z0-9-]{0,54}[a-z0-9])?$/.test(text)

/** Apps are asked for anew so often: their endpoints fall behind and catch up. */
const everyMillis = 10_000

/** All apps, by id. */
export const useApps = () =>
  useQuery({
    queryKey: ["apps"],
    queryFn: ({ signal }) => call("apps.list", {}, signal),
    refetchInterval: everyMillis
  })
