import { useEffect, useState } from "react"

/**
 * After how long without anything done the console signs out: two minutes before the gateway would, which learns of what is
 * done here only so exactly; and how long before that it is said.
 */
export const idleMillis = 13 * 60_000
export const warnMillis = 2 * 60_000
/** How long before its longest time a session's end is said. */
export const endingMillis = 10 * 60_000

export type Standing =
  | { readonly type: "fine" }
  | { readonly type: "idle"; readonly leftMillis: number }
  | { readonly type: "ending" }
  | { readonly type: "over"; readonly why: "idle" | "ended" }

/** How a session stands at a time. */
export const standing = (nowMillis: number, activeMillis: number, endsMillis: number): Standing => {
  if (nowMillis >= endsMillis) return { type: "over", why: "ended" }
  const leftMillis = activeMillis + idleMillis - nowMillis
  if (leftMillis <= 0) return { type: "over", why: "idle" }
  if (leftMillis <= warnMillis) return { type: "idle", leftMillis }
  return endsMillis - nowMillis <= endingMillis ? { type: "ending" } : { type: "fine" }
}

/** `1:05` of milliseconds. */
export const countdown = (millis: number): string => {
  const seconds = Math.max(0, Math.ceil(millis / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`
}

const key = "activeAt"
const signs = ["pointerdown", "keydown", "wheel", "touchstart"] as const

/** When anything was last done in any tab of the console. */
const lastActive = (): number => Number(localStorage.getItem(key) ?? 0)

/** Whether something was done just now: calls that are made without are no sign of a person. */
export const isActive = (): boolean => Date.now() - lastActive() < 60_000

/** Says that something is being done. */
export const beActive = (): void => localStorage.setItem(key, String(Date.now()))

/** How the session stands, looked at every second; `onActive` is called when something is done, at most every minute. */
export const useStanding = (endsAt: string, onActive: () => void): Standing => {
  const endsMillis = Date.parse(endsAt)
  const [now, setNow] = useState<Standing>({ type: "fine" })
  useEffect(() => {
    beActive()
    let toldMillis = Date.now()
    let notedMillis = Date.now()
    const note = () => {
      const nowMillis = Date.now()
      // What comes after the end is no sign of life: the session is over, whoever comes back.
      if (standing(nowMillis, lastActive(), endsMillis).type === "over") return
      if (nowMillis - notedMillis > 1000) {
        notedMillis = nowMillis
        beActive()
      }
      if (nowMillis - toldMillis > 60_000) {
        toldMillis = nowMillis
        onActive()
      }
    }
    const look = () =>
      setNow((before) => {
        const next = standing(Date.now(), lastActive(), endsMillis)
        return next.type === before.type && next.type !== "idle" ? before : next
      })
    const timer = setInterval(look, 1000)
    for (const sign of signs) addEventListener(sign, note, { passive: true })
    document.addEventListener("visibilitychange", look)
    return () => {
      clearInterval(timer)
      for (const sign of signs) removeEventListener(sign, note)
      document.removeEventListener("visibilitychange", look)
    }
  }, [endsMillis, onActive])
  return now
}
