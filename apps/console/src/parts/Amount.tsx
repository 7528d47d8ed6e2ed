import { useFormats } from "../words/Formats.ts"
import css from "./parts.module.css"

/** Money as the API has it: its digits are not touched, only grouped. Null is a dash. */
export const Amount = ({
  amount
}: {
  readonly amount: { readonly value: string; readonly currency: string } | null
}) => {
  const { amount: format } = useFormats()
  if (amount === null) return <span className="muted">–</span>
  const text = format(amount)
  return (
    <span className={css["amount"]} translate="no">
      {text.slice(0, -amount.currency.length)}
      <span className={css["currency"]}>{amount.currency}</span>
    </span>
  )
}
