import { Button, NativeSelect, TextInput } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { IconFilter, IconSearch } from "@tabler/icons-react"
import { type FormEvent, useEffect, useId, useState } from "react"
import { payment } from "../machine/graphs.ts"
import { currencies, minorOf } from "../order/Amounts.ts"
import { useStateWord } from "../parts/Status.tsx"
import { methods, orders } from "../words/orders.ts"
import { useWords } from "../words/Words.ts"
import css from "./Orders.module.css"
import * as Search from "./Search.ts"
import { useNames } from "./useFilters.ts"

type Change = (parts: Readonly<Record<string, string | null | undefined>>) => void
type Given = { readonly search: Search.Search; readonly change: Change }

/** A text that is typed, and asked for when its field is left or Enter is pressed. */
const Typed = ({
  label,
  value,
  onDone,
  list,
  error,
  inputMode
}: {
  readonly label: string
  readonly value: string
  readonly onDone: (text: string) => void
  readonly list?: ReadonlyArray<string>
  readonly error?: string | null
  readonly inputMode?: "decimal"
}) => {
  const t = useWords(orders)
  const id = useId()
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  const done = () => (text.trim() === value ? undefined : onDone(text.trim()))
  return (
    <>
      <TextInput
        size="xs"
        label={label}
        placeholder={t.any}
        value={text}
        autoComplete="off"
        spellCheck={false}
        error={error ?? null}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={done}
        onKeyDown={(event) => (event.key === "Enter" ? done() : undefined)}
        {...(inputMode === undefined ? {} : { inputMode })}
        {...(list === undefined ? {} : { list: id })}
      />
      {list === undefined ? null : (
        <datalist id={id}>
          {list.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      )}
    </>
  )
}

const Times = ({ search, change }: Given) => {
  const t = useWords(orders)
  const [isExact, setExact] = useState(search.createdFrom !== undefined || search.createdTo !== undefined)
  const hasTimes = search.createdFrom !== undefined || search.createdTo !== undefined
  useEffect(() => setExact(hasTimes), [hasTimes])
  const choose = (value: string) => {
    setExact(value === "exact")
    if (value !== "exact") change({ range: value, createdFrom: null, createdTo: null })
  }
  const exact = (field: "createdFrom" | "createdTo", local: string) =>
    change({ range: null, [field]: Search.instantOf(local) })
  return (
    <>
      <NativeSelect
        size="xs"
        label={t.time}
        value={isExact ? "exact" : (search.range ?? "")}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <option value="">{t.anyTime}</option>
        {(Object.keys(Search.ranges) as Array<Search.Range>).map((range) => (
          <option key={range} value={range}>
            {t.last(t[range])}
          </option>
        ))}
        <option value="exact">{t.exactTime}</option>
      </NativeSelect>
      {isExact
        ? (["createdFrom", "createdTo"] as const).map((field) => (
            <TextInput
              key={`${field} ${search[field] ?? ""}`}
              size="xs"
              className={css["exact"]}
              type="datetime-local"
              step={1}
              label={field === "createdFrom" ? t.from : t.to}
              defaultValue={Search.localOf(search[field])}
              onBlur={(event) =>
                event.currentTarget.value === Search.localOf(search[field])
                  ? undefined
                  : exact(field, event.currentTarget.value)
              }
              onKeyDown={(event) => (event.key === "Enter" ? exact(field, event.currentTarget.value) : undefined)}
            />
          ))
        : null}
    </>
  )
}

const Amounts = ({ search, change }: Given) => {
  const t = useWords(orders)
  const { amountFrom = "", amountTo = "", currency = "" } = search
  const [wrong, setWrong] = useState<string | null>(null)
  const hasAmount = amountFrom !== "" || amountTo !== ""
  const done = (field: "amountFrom" | "amountTo") => (text: string) => {
    const isAmount =
      text === "" || minorOf(text, currency) !== null || (currency === "" && /^\d{1,18}(\.\d{1,4})?$/.test(text))
    setWrong(isAmount ? null : field)
    if (isAmount) change({ [field]: text })
  }
  return (
    <>
      {(["amountFrom", "amountTo"] as const).map((field) => (
        <Typed
          key={field}
          label={t[field]}
          value={search[field] ?? ""}
          inputMode="decimal"
          error={wrong === field ? t.amountWrong : null}
          onDone={done(field)}
        />
      ))}
      <NativeSelect
        size="xs"
        label={t.currency}
        value={currency}
        error={hasAmount && currency === "" ? t.currencyNeeded : null}
        onChange={(event) => change({ currency: event.currentTarget.value })}
      >
        <option value="">{t.any}</option>
        {currencies.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </NativeSelect>
    </>
  )
}

const Fields = ({ search, change }: Given) => {
  const t = useWords(orders)
  const stateWord = useStateWord()
  const methodWords = useWords(methods)
  const { vendors, apps } = useNames()
  return (
    <div className={css["fields"]}>
      <NativeSelect
        size="xs"
        label={t.status}
        value={search.status ?? ""}
        onChange={(event) => change({ status: event.currentTarget.value })}
      >
        <option value="">{t.any}</option>
        {payment.states.map((state) => (
          <option key={state} value={state}>{`${stateWord(state)} · ${state}`}</option>
        ))}
      </NativeSelect>
      <Typed label={t.vendor} value={search.vendor ?? ""} list={vendors} onDone={(vendor) => change({ vendor })} />
      <Typed label={t.app} value={search.app ?? ""} list={apps} onDone={(app) => change({ app })} />
      <NativeSelect
        size="xs"
        label={t.method}
        value={search.method ?? ""}
        onChange={(event) => change({ method: event.currentTarget.value })}
      >
        <option value="">{t.any}</option>
        {Object.entries(methodWords).map(([method, word]) => (
          <option key={method} value={method}>
            {word}
          </option>
        ))}
      </NativeSelect>
      <Times search={search} change={change} />
      <Amounts search={search} change={change} />
    </div>
  )
}

/** Where a search is put together; what is chosen is asked for at once. */
export const FilterBar = ({ search, change, children }: Given & { readonly children: React.ReactNode }) => {
  const t = useWords(orders)
  const id = useId()
  const isWide = useMediaQuery("(min-width: 48em)", true, { getInitialValueInEffect: false })
  const [isOpen, setOpen] = useState<boolean | null>(null)
  const [number, setNumber] = useState(search.number ?? "")
  useEffect(() => setNumber(search.number ?? ""), [search.number])
  const shown = isOpen ?? isWide
  const count = Search.size(search)
  const find = (event: FormEvent) => {
    event.preventDefault()
    change({ number: number.trim() })
  }
  return (
    <search className={css["bar"]}>
      <form className={css["find"]} onSubmit={find}>
        <TextInput
          className={css["number"]}
          type="search"
          aria-label={t.find}
          placeholder={t.findTold}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={number}
          maxLength={256}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setNumber(event.currentTarget.value)}
        />
        <Button type="submit">{t.search}</Button>
        <Button
          variant="default"
          leftSection={<IconFilter size={16} aria-hidden />}
          aria-expanded={shown}
          aria-controls={id}
          onClick={() => setOpen(!shown)}
        >
          {count === 0 ? t.filters : t.filtersSet(String(count))}
        </Button>
        {children}
      </form>
      <div id={id} hidden={!shown}>
        {shown ? <Fields search={search} change={change} /> : null}
      </div>
    </search>
  )
}
