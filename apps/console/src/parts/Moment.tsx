import { useNow } from "../clock.ts"
import { useFormats } from "../words/Formats.ts"
import css from "./parts.module.css"

/** A time: how long ago (or until), or when; the other one and the exact value are in its title. Null is a dash. */
export const Moment = ({
  at,
  as = "ago"
}: {
  readonly at: string | null
  readonly as?: "ago" | "full" | "clock" | "both"
}) => {
  const formats = useFormats()
  const nowMillis = useNow(as === "full" || as === "clock" ? 3_600_000 : 10_000)
  if (at === null) return <span className="muted">–</span>
  // What came after the last tick is not still to come.
  const ago = formats.ago(at, Math.max(nowMillis, Date.now()))
  const shown = {
    ago,
    full: formats.dateTime(at),
    clock: formats.clock(at),
    both: `${formats.dateTime(at)} · ${ago}`
  }[as]
  return (
    <time
      dateTime={at}
      title={`${formats.dateTime(at)} · ${at}`}
      className={as === "both" ? css["moments"] : css["moment"]}
    >
      {shown}
    </time>
  )
}
