import { useEffect, useState } from "react"

/** The time in milliseconds, new every so many. */
export const useNow = (everyMillis: number): number => {
  const [nowMillis, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMillis)
    return () => clearInterval(timer)
  }, [everyMillis])
  return nowMillis
}
