import { useNow } from "../clock.ts"
import { Badge, type Tone } from "../parts/Badge.tsx"
import { days as texts } from "../words/days.ts"
import { useFormats } from "../words/Formats.ts"
import { useWords } from "../words/Words.ts"
import { countOf, type Day, type DayState as State, stateOf } from "./Day.ts"

/** The colour of a day's state, the same everywhere. */
export const dayTones: Readonly<Record<State, Tone>> = {
  fine: "good",
  open: "warn",
  awaited: "wait",
  failed: "bad",
  running: "info",
  due: "plain",
  later: "plain"
}

/** What people call the state of a day. */
export const useDayWord = () => {
  const text = useWords(texts)
  const { count } = useFormats()
  return (day: Day, state: State): string =>
    ({
      fine: text.fine,
      open: text.openCount(count(countOf(day, "open"))),
      awaited: text.awaited,
      failed: text.failedState,
      running: text.running,
      due: text.due,
      later: text.later
    })[state]
}

/** How a day stands, in a word and a colour. */
export const DayState = ({ day }: { readonly day: Day }) => {
  const nowMillis = useNow(60_000)
  const state = stateOf(day, nowMillis)
  const word = useDayWord()(day, state)
  return (
    <Badge tone={dayTones[state]} {...(state === "running" ? { dot: true, pulse: true } : {})}>
      {word}
    </Badge>
  )
}
