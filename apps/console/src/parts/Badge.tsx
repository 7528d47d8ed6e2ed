import type { ReactNode } from "react"
import css from "./parts.module.css"

/** How a badge looks: `wait` is for the vendor or the payer, `warn` for who should look, `bad` for what went wrong. */
export type Tone = "plain" | "info" | "wait" | "good" | "warn" | "bad"

/** A word with a colour; the word alone is enough to understand it. */
export const Badge = ({
  tone = "plain",
  title,
  dot = false,
  pulse = false,
  children
}: {
  readonly tone?: Tone
  readonly title?: string
  readonly dot?: boolean
  readonly pulse?: boolean
  readonly children: ReactNode
}) => (
  <span className={css["badge"]} data-tone={tone} title={title}>
    {dot ? <span aria-hidden className={pulse ? `${css["dot"]} ${css["pulse"]}` : css["dot"]} /> : null}
    {children}
  </span>
)
