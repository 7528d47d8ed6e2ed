import { useState } from "react"
import { useFormats } from "../words/Formats.ts"
import { foreign } from "../words/foreign.ts"
import { useWords } from "../words/Words.ts"
import css from "./Foreign.module.css"

/** The begin of a text, no character of it cut in half. */
const begin = (text: string, length: number): string => {
  const cut = text.slice(0, length)
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut
}

/**
 * A text that somebody else wrote, as text and nothing else: kept from turning its neighbours round or growing over them. On
 * `line`s its end is left out; otherwise a long one is shown by its begin, and whole when asked for.
 */
export const Foreign = ({
  text,
  line = false,
  mono = false,
  shownFirst = 300
}: {
  readonly text: string
  readonly line?: boolean
  readonly mono?: boolean
  /** How much of it is shown before somebody asks for the rest, in characters. */
  readonly shownFirst?: number
}) => {
  const t = useWords(foreign)
  const { count } = useFormats()
  const [isWhole, setWhole] = useState(false)
  const look = mono ? "mono" : ""
  if (line)
    return (
      <bdi dir="auto" className={`${css["line"]} ${look}`} title={begin(text, shownFirst)} translate="no">
        {begin(text, shownFirst)}
      </bdi>
    )
  const isLong = text.length > shownFirst
  return (
    <span className={css["whole"]}>
      <bdi dir="auto" className={`${css["text"]} ${isWhole && isLong ? css["scroller"] : ""} ${look}`} translate="no">
        {isLong && !isWhole ? `${begin(text, shownFirst)}…` : text}
      </bdi>
      {isLong ? (
        <button type="button" className={css["more"]} aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? t.less : t.all(count(text.length))}
        </button>
      ) : null}
    </span>
  )
}
