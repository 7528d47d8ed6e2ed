import { IconAlertTriangle, IconClock } from "@tabler/icons-react"
import { useNow } from "../clock.ts"
import { stuck } from "../words/order.ts"
import { useWords } from "../words/Words.ts"
import css from "./Order.module.css"
import * as Stuck from "./Stuck.ts"
import { useCauses } from "./useCauses.ts"
import type { Detail } from "./useOrder.ts"

const Reason = ({ reason: { id, tone, about } }: { readonly reason: Stuck.Reason }) => {
  const t = useWords(stuck)
  const { heldBecause } = useCauses()
  const [number = "", held = ""] = about.split(" ")
  const text = t[id]
  const because = id === "held" ? about : id === "refundHeld" ? held : ""
  return (
    <li className={css["reason"]} data-tone={tone}>
      {tone === "act" ? <IconAlertTriangle size={18} aria-hidden /> : <IconClock size={18} aria-hidden />}
      <div>
        <p className={css["reasonTitle"]}>
          {typeof text === "string" ? text : text(number)}
          {because === "" ? null : ` ${heldBecause(because)}`}
        </p>
        <p>{t[`${id}Help`]}</p>
        {because === "" ? null : <code className="mono muted">{because}</code>}
      </div>
    </li>
  )
}

/** Why the order does not go on by itself, and what helps; nothing where it is through. */
export const StuckNotice = ({ detail }: { readonly detail: Detail }) => {
  const nowMillis = useNow(5000)
  const reasons = Stuck.reasons(detail, nowMillis)
  if (reasons.length === 0) return null
  return (
    <ul className={css["reasons"]}>
      {reasons.map((reason) => (
        <Reason key={`${reason.id} ${reason.about}`} reason={reason} />
      ))}
    </ul>
  )
}
