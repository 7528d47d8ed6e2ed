import { states } from "../words/states.ts"
import { useWords } from "../words/Words.ts"
import { Badge, type Tone } from "./Badge.tsx"
import css from "./parts.module.css"

const tones: Readonly<Record<string, Tone>> = {
  CREATED: "plain",
  SUBMITTING: "info",
  PENDING: "wait",
  AUTHORIZED: "info",
  SUCCEEDED: "good",
  PARTIALLY_REFUNDED: "good",
  REFUNDED: "plain",
  FAILED: "bad",
  CLOSING: "info",
  CLOSED: "plain",
  LATE_PAID: "warn",
  HELD: "warn",
  waiting: "wait",
  delivered: "good",
  "given-up": "bad",
  kept: "plain"
}

/** The colour of a state, the same everywhere. */
export const toneOf = (status: string): Tone => tones[status] ?? "plain"

/** What people call a state; one that is not known is called as the machine calls it. */
export const useStateWord = () => {
  const texts = useWords(states) as Readonly<Record<string, unknown>>
  return (status: string): string => (typeof texts[status] === "string" ? texts[status] : status)
}

/** A state of a payment, a refund or a delivery: people's word in its colour, the machine's beside it. */
export const Status = ({
  status,
  inDoubt = false,
  bare = false
}: {
  readonly status: string
  readonly inDoubt?: boolean
  /** Leaves the machine's word to the title, where there is little room. */
  readonly bare?: boolean
}) => {
  const text = useWords(states)
  const word = useStateWord()(status)
  return (
    <span className={css["status"]}>
      <Badge tone={toneOf(status)} title={status}>
        {word}
      </Badge>
      {bare || word === status ? null : <span className={`${css["machine"]} muted`}>{status}</span>}
      {inDoubt ? (
        <Badge tone="warn" title={text.inDoubtTold}>
          ? {text.inDoubt}
        </Badge>
      ) : null}
    </span>
  )
}
