import type { App } from "@payment-proxy/ports"
import { Context, Effect } from "effect"
import { type Refused, refuse } from "./Problems.ts"

/** What a call is counted as: one that reads, or one that makes or changes something. */
export type Kind = "creates" | "reads"

/** What is left of an app's second. */
interface Bucket {
  left: number
  atNanos: bigint
}

const nanosPerSecond = 1e9
const maxKept = 10_000

/** The buckets of one gateway: an app has as many calls in hand as it may make in a second, and gets them back at that pace. */
const make = () => {
  const buckets: Readonly<Record<Kind, Map<string, Bucket>>> = { creates: new Map(), reads: new Map() }
  return {
    /** Takes one of the app's calls; false where it has none in hand. */
    take: (app: string, kind: Kind, perSecond: number, nowNanos: bigint): boolean => {
      const kept = buckets[kind]
      if (kept.size >= maxKept && !kept.has(app)) kept.clear()
      const bucket = kept.get(app) ?? { left: perSecond, atNanos: nowNanos }
      kept.set(app, bucket)
      const elapsed = Number(nowNanos - bucket.atNanos) / nanosPerSecond
      bucket.left = Math.min(bucket.left + elapsed * perSecond, perSecond)
      bucket.atNanos = nowNanos
      if (bucket.left < 1) return false
      bucket.left -= 1
      return true
    }
  }
}

/** How quickly each app has called this process. */
export class Paces extends Context.Reference<Paces>()("@payment-proxy/gateway/Paces", { defaultValue: make }) {}

const tooQuick = (perSecond: number, kind: Kind) =>
  refuse(
    "RATE_LIMITED",
    `The app may make ${perSecond} calls a second here that ${kind === "reads" ? "read" : "make or change something"}: space them out.`
  )

/** The app itself, unless it makes more calls than it may; where it may make as many as there are, nothing is looked at. */
export const admit =
  (kind: Kind) =>
  (app: App): Effect.Effect<App, Refused> => {
    const perSecond = kind === "reads" ? app.limits.readsPerSecond : app.limits.createsPerSecond
    if (perSecond === null) return Effect.succeed(app)
    return Effect.flatMap(Paces, ({ take }) =>
      Effect.clockWith((clock) =>
        take(app.id, kind, perSecond, clock.unsafeCurrentTimeNanos()) ? Effect.succeed(app) : tooQuick(perSecond, kind)
      )
    )
  }
