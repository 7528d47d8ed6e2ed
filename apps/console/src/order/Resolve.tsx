import { NativeSelect, TextInput } from "@mantine/core"
import { useState } from "react"
import { call, type Input } from "../Admin.ts"
import { ReasonDialog } from "../parts/ReasonDialog.tsx"
import { useStateWord } from "../parts/Status.tsx"
import { actions } from "../words/order.ts"
import { useWords } from "../words/Words.ts"
import { useFault } from "./AmountField.tsx"
import css from "./Order.module.css"
import { changesOf, type Detail } from "./useOrder.ts"

type State = Input<"orders.resolve">["body"]["state"]

type Given = {
  readonly detail: Detail
  readonly isOpen: boolean
  readonly onClose: () => void
  /** The refund that is held; left out: the payment. */
  readonly refundNo?: string
  readonly states: ReadonlyArray<State>
}

/** Proposes the state that a held payment or refund goes on as; a second person approves it. */
export const Resolve = ({ detail, isOpen, onClose, refundNo, states }: Given) => {
  const t = useWords(actions)
  const stateWord = useStateWord()
  const faultOf = useFault()
  const [state, setState] = useState<State | "">("")
  const { payOrderNo, amount, captured } = detail.order
  const deviating =
    refundNo === undefined && /[1-9]/.test(captured.value) && captured.value !== amount.value ? captured.value : ""
  const [typed, setAccepted] = useState<string | null>(null)
  const accepted = typed ?? deviating
  const fault = accepted === "" ? null : faultOf(accepted, amount.currency, null)
  const leave = () => {
    setState("")
    setAccepted(null)
    onClose()
  }
  const fields = (
    <>
      <NativeSelect
        data-autofocus
        required
        label={t.state}
        value={state}
        onChange={(event) => setState(states.find((each) => each === event.currentTarget.value) ?? "")}
      >
        <option value="">{t.stateChoose}</option>
        {states.map((each) => (
          <option key={each} value={each}>{`${stateWord(each)} · ${each}`}</option>
        ))}
      </NativeSelect>
      {refundNo === undefined ? (
        <TextInput
          label={t.accepted(amount.currency)}
          description={t.acceptedTold}
          inputMode="decimal"
          autoComplete="off"
          value={accepted}
          error={fault}
          onChange={(event) => setAccepted(event.currentTarget.value.trim())}
        />
      ) : null}
    </>
  )
  return (
    <ReasonDialog
      isOpen={isOpen}
      onClose={leave}
      title={t.resolveTitle}
      explain={
        <>
          <p>{states.length === 0 ? t.resolveNothing : t.resolveTold}</p>
          <p className={css["second"]}>{t.secondAlways}</p>
        </>
      }
      fields={fields}
      isReady={state !== "" && fault === null}
      confirm={t.propose}
      act={(reason) =>
        call("orders.resolve", {
          path: { payOrderNo },
          body: {
            state: state === "" ? "PENDING" : state,
            reason,
            ...(refundNo === undefined ? {} : { refundNo }),
            ...(accepted === "" ? {} : { acceptedAmount: accepted })
          }
        })
      }
      done={() => t.resolveDone}
      changes={changesOf(payOrderNo)}
    />
  )
}
