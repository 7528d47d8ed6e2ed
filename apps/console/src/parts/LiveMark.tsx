import { useNow } from "../clock.ts"
import type { Live } from "../live.ts"
import { useFormats } from "../words/Formats.ts"
import { parts } from "../words/parts.ts"
import { useWords } from "../words/Words.ts"
import { Badge } from "./Badge.tsx"

/** Says whether a page follows what happens; `stale since` when what is shown is older than it should be. */
export const LiveMark = ({
  live,
  atMillis,
  staleMillis = 20_000
}: {
  readonly live: Live
  /** When what is shown was true. */
  readonly atMillis: number | null
  readonly staleMillis?: number
}) => {
  const text = useWords(parts)
  const { clock } = useFormats()
  const nowMillis = useNow(2000)
  const isStale = atMillis !== null && nowMillis - atMillis > staleMillis && live !== "live"
  return (
    <span role="status">
      {isStale ? (
        <Badge tone="bad" dot title={text.reconnectingTold}>
          {text.staleSince(clock(new Date(atMillis).toISOString()))}
        </Badge>
      ) : live === "live" ? (
        <Badge tone="good" dot pulse title={text.liveTold}>
          {text.live}
        </Badge>
      ) : (
        <Badge tone="warn" dot title={text.reconnectingTold}>
          {live === "connecting" ? text.connecting : text.reconnecting}
        </Badge>
      )}
    </span>
  )
}
