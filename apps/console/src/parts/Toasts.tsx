import { IconX } from "@tabler/icons-react"
import { useSyncExternalStore } from "react"
import { parts } from "../words/parts.ts"
import { useWords } from "../words/Words.ts"
import css from "./parts.module.css"

type Toast = { readonly id: number; readonly text: string; readonly tone: "good" | "bad" }

let shown: ReadonlyArray<Toast> = []
let count = 0
const watchers = new Set<() => void>()

const show = (next: ReadonlyArray<Toast>): void => {
  shown = next
  for (const watcher of watchers) watcher()
}

const drop = (id: number): void => show(shown.filter((toast) => toast.id !== id))

/** Says for eight seconds what came of an action. */
export const toast = (text: string, tone: Toast["tone"] = "good"): void => {
  count += 1
  const id = count
  show([...shown.slice(-3), { id, text, tone }])
  setTimeout(() => drop(id), 8000)
}

const watch = (watcher: () => void) => {
  watchers.add(watcher)
  return () => void watchers.delete(watcher)
}

/** Where `toast` speaks; once, in the shell. */
export const Toasts = () => {
  const text = useWords(parts)
  const toasts = useSyncExternalStore(watch, () => shown)
  return (
    <div className={css["toasts"]} role="status" aria-live="polite">
      {toasts.map((one) => (
        <div key={one.id} className={css["toast"]} data-tone={one.tone}>
          <span>{one.text}</span>
          <button type="button" className={css["copy"]} onClick={() => drop(one.id)} aria-label={text.dismiss}>
            <IconX size={14} aria-hidden />
          </button>
        </div>
      ))}
    </div>
  )
}
