import { Button, TextInput } from "@mantine/core"
import { useFormats } from "../words/Formats.ts"
import { actions } from "../words/order.ts"
import { useWords } from "../words/Words.ts"
import * as Amounts from "./Amounts.ts"
import css from "./Order.module.css"

type Given = {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly currency: string
  /** How much there is, in major units. */
  readonly most: string
}

/** Says what is wrong with an amount, in words; null where nothing is. */
export const useFault = () => {
  const t = useWords(actions)
  const { amount } = useFormats()
  return (value: string, currency: string, most: string | null): string | null => {
    const fault = Amounts.faultOf(value, currency, most)
    if (fault === null) return null
    if (fault === "decimals") return t.decimals(Amounts.decimalsOf(currency))
    return fault === "tooMuch" ? t.tooMuch(amount({ value: most ?? "", currency })) : t[fault]
  }
}

/** An amount of at most what is there, with a button that takes all of it. */
export const AmountField = ({ value, onChange, currency, most }: Given) => {
  const t = useWords(actions)
  const { amount } = useFormats()
  const fault = useFault()(value, currency, most)
  return (
    <div className={css["amountField"]}>
      <TextInput
        data-autofocus
        required
        label={t.amount(currency)}
        description={t.most(amount({ value: most, currency }))}
        inputMode="decimal"
        autoComplete="off"
        value={value}
        error={value === "" ? null : fault}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <Button variant="default" onClick={() => onChange(most)} disabled={value === most}>
        {t.all}
      </Button>
    </div>
  )
}
