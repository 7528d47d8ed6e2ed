import { IconX } from "@tabler/icons-react"
import { Foreign } from "../parts/Foreign.tsx"
import { useStateWord } from "../parts/Status.tsx"
import { useFormats } from "../words/Formats.ts"
import { methods, orders } from "../words/orders.ts"
import { useWords } from "../words/Words.ts"
import css from "./Orders.module.css"
import * as Search from "./Search.ts"

type Field = keyof Search.Search

/** What a filter is, and its value as people read it. */
const useChip = () => {
  const t = useWords(orders)
  const stateWord = useStateWord()
  const methodWords = useWords(methods) as Readonly<Record<string, string>>
  const formats = useFormats()
  return (field: Field, value: string): readonly [label: string, value: string] => {
    switch (field) {
      case "status":
        return [t.status, stateWord(value)]
      case "method":
        return [t.method, methodWords[value] ?? value]
      case "range":
        return [t.time, t.last(t[value as Search.Range])]
      case "createdFrom":
        return [`${t.time} · ${t.from}`, formats.dateTime(value)]
      case "createdTo":
        return [`${t.time} · ${t.to}`, formats.dateTime(value)]
      case "amountFrom":
      case "amountTo":
      case "currency":
      case "number":
      case "vendor":
      case "app":
        return [t[field], value]
      default:
        return [field, value]
    }
  }
}

/** The filters that are set, each to be taken off. */
export const Chips = ({
  search,
  change
}: {
  readonly search: Search.Search
  readonly change: (parts: Readonly<Record<string, string | null>>) => void
}) => {
  const t = useWords(orders)
  const chip = useChip()
  const set = Search.fields.filter((field) => field !== "cursor" && search[field] !== undefined)
  if (set.length === 0) return null
  return (
    <ul className={css["chips"]} aria-label={t.set}>
      {set.map((field) => {
        const [label, value] = chip(field, search[field] ?? "")
        return (
          <li key={field} className={css["chip"]}>
            <span className="muted">{label}</span>
            <Foreign text={value} line />
            <button
              type="button"
              className={css["off"]}
              onClick={() => change({ [field]: null })}
              aria-label={t.takeOff(`${label} ${value}`.slice(0, 120))}
            >
              <IconX size={13} aria-hidden />
            </button>
          </li>
        )
      })}
      <li>
        <button
          type="button"
          className={css["clear"]}
          onClick={() => change(Object.fromEntries(Search.fields.map((field) => [field, null])))}
        >
          {t.clear}
        </button>
      </li>
    </ul>
  )
}
