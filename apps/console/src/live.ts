import { useEffect, useRef, useState } from "react"

/** How a stream stands: `reconnecting` after it broke. */
export type Live = "connecting" | "live" | "reconnecting"

const longestWaitMillis = 30_000

/** How long to wait before a stream is opened again, after so many breaks in a row: 1 s, then twice as long each, at most 30 s. */
export const waitMillis = (breaks: number): number => Math.min(longestWaitMillis, 1000 * 2 ** Math.min(breaks, 10))

type Options = {
  /** Breaks a stream that brings no event for so long; left out: streams may be silent. */
  readonly silenceMillis?: number
  readonly isOn?: boolean
}

/**
 * Follows a stream of Server-Sent Events and hands on each `event`'s data as it came. A stream that breaks or is refused is
 * opened again, later each time; one of a page that nobody sees is closed until it is seen. While this does not answer
 * `live`, ask from time to time instead (`refetchInterval`).
 */
export const useLive = (
  address: string,
  event: string,
  onEvent: (data: string) => void,
  { silenceMillis, isOn = true }: Options = {}
): Live => {
  const [live, setLive] = useState<Live>("connecting")
  const handler = useRef(onEvent)
  handler.current = onEvent
  useEffect(() => {
    if (!isOn) return
    let source: EventSource | null = null
    let timer: ReturnType<typeof setTimeout> | undefined
    let silence: ReturnType<typeof setTimeout> | undefined
    let breaks = 0
    const shut = () => {
      clearTimeout(timer)
      clearTimeout(silence)
      source?.close()
      source = null
    }
    const broken = () => {
      shut()
      setLive("reconnecting")
      timer = setTimeout(open, waitMillis(breaks))
      breaks += 1
    }
    const heard = () => {
      clearTimeout(silence)
      if (silenceMillis !== undefined) silence = setTimeout(broken, silenceMillis)
    }
    const open = () => {
      shut()
      source = new EventSource(address)
      heard()
      source.onopen = () => {
        setLive("live")
        heard()
      }
      source.onerror = broken
      source.addEventListener(event, (message: MessageEvent<string>) => {
        breaks = 0
        heard()
        handler.current(message.data)
      })
    }
    const seen = () => {
      if (document.visibilityState === "hidden") return shut()
      setLive("connecting")
      open()
    }
    seen()
    document.addEventListener("visibilitychange", seen)
    return () => {
      document.removeEventListener("visibilitychange", seen)
      shut()
    }
  }, [address, event, silenceMillis, isOn])
  return live
}
