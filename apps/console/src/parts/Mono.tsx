import { IconCheck, IconCopy } from "@tabler/icons-react"
import { useState } from "react"
import { parts } from "../words/parts.ts"
import { useWords } from "../words/Words.ts"
import css from "./parts.module.css"

/** Copies a text; where the browser does not let a page do that (plain http on another host), by a selection. */
const copyText = async (value: string): Promise<void> => {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(value)
  const field = document.createElement("textarea")
  field.value = value
  document.body.append(field)
  field.select()
  document.execCommand("copy")
  field.remove()
}

/** A button that copies a text and says so. */
export const Copy = ({ value, label }: { readonly value: string; readonly label?: string }) => {
  const text = useWords(parts)
  const [isCopied, setCopied] = useState(false)
  const copy = () => {
    void copyText(value).then(() => {
      setCopied(true)
      setTimeout(() => setCopied(false), 1500)
    })
  }
  return (
    <button type="button" className={css["copy"]} onClick={copy} title={text.copy(label ?? value)}>
      {isCopied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
      <span className="visually-hidden" aria-live="polite">
        {isCopied ? text.copied : text.copy(label ?? value)}
      </span>
    </button>
  )
}

/** A number or key to the byte, in monospace, with a button that copies it. */
export const Mono = ({
  value,
  copy = true,
  short = false,
  href
}: {
  readonly value: string
  readonly copy?: boolean
  /** On one line, its end left out where there is no room. */
  readonly short?: boolean
  /** Where it leads, below /console. */
  readonly href?: React.ReactElement
}) => (
  <span className={short ? `${css["number"]} ${css["short"]}` : css["number"]}>
    <span className={css["numberText"]} title={short ? value : undefined} translate="no">
      {href ?? value}
    </span>
    {copy ? <Copy value={value} /> : null}
  </span>
)
