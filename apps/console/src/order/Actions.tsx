import { Button } from "@mantine/core"
import {
  IconArrowBackUp,
  IconCash,
  IconCashBanknote,
  IconGavel,
  IconLock,
  IconMessageQuestion
} from "@tabler/icons-react"
import { type ReactNode, useState } from "react"
import { type Answer, call } from "../Admin.ts"
import { ReasonDialog } from "../parts/ReasonDialog.tsx"
import { useStateWord } from "../parts/Status.tsx"
import { useFormats } from "../words/Formats.ts"
import { actions } from "../words/order.ts"
import { useWords } from "../words/Words.ts"
import { AmountField, useFault } from "./AmountField.tsx"
import css from "./Order.module.css"
import { Resolve } from "./Resolve.tsx"
import { changesOf, type Detail } from "./useOrder.ts"

type Action = Detail["allowed"][number]
type Open = { readonly detail: Detail; readonly isOpen: boolean; readonly onClose: () => void }

const icons: Readonly<Record<Action, ReactNode>> = {
  sync: <IconMessageQuestion size={16} aria-hidden />,
  close: <IconLock size={16} aria-hidden />,
  capture: <IconCash size={16} aria-hidden />,
  refund: <IconArrowBackUp size={16} aria-hidden />,
  accept: <IconCashBanknote size={16} aria-hidden />,
  resolve: <IconGavel size={16} aria-hidden />
}

/** What wants a person first. */
const order: ReadonlyArray<Action> = ["resolve", "capture", "accept", "refund", "sync", "close"]

/** A key that no other opening of a dialog has: a refund that is sent twice from one of them is placed once. */
const freshKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")

/** Ask, close and accept: they take a reason and nothing else. */
const Plain = ({ detail, isOpen, onClose, action }: Open & { readonly action: "sync" | "close" | "accept" }) => {
  const t = useWords(actions)
  const stateWord = useStateWord()
  const { payOrderNo } = detail.order
  return (
    <ReasonDialog<Answer<"orders.sync">>
      isOpen={isOpen}
      onClose={onClose}
      title={t[`${action}Title`]}
      explain={t[`${action}Told`]}
      confirm={t[action]}
      isGrave={action === "close"}
      act={(reason) => call(`orders.${action}`, { path: { payOrderNo }, body: { reason } })}
      done={({ status }) => t[`${action}Done`](stateWord(status))}
      changes={changesOf(payOrderNo)}
    />
  )
}

const Capture = ({ detail, isOpen, onClose }: Open) => {
  const t = useWords(actions)
  const { payOrderNo, amount } = detail.order
  const most = detail.capturable ?? amount.value
  const [value, setValue] = useState<string | null>(null)
  const wanted = value ?? most
  const fault = useFault()(wanted, amount.currency, most)
  const leave = () => {
    setValue(null)
    onClose()
  }
  return (
    <ReasonDialog
      isOpen={isOpen}
      onClose={leave}
      title={t.captureTitle}
      explain={t.captureTold}
      confirm={t.capture}
      fields={<AmountField value={wanted} onChange={setValue} currency={amount.currency} most={most} />}
      isReady={fault === null}
      act={(reason) => call("orders.capture", { path: { payOrderNo }, body: { reason, amount: wanted.trim() } })}
      done={() => t.captureDone}
      changes={changesOf(payOrderNo)}
    />
  )
}

/** Whether a refund of so much takes a second person; nothing where one is always enough. */
const secondOf = (
  { refundableAlone: alone, order }: Detail,
  wanted: string,
  t: (typeof actions)["en"],
  { amount }: ReturnType<typeof useFormats>
): string | null => {
  if (alone === null) return null
  const { currency } = order.amount
  return Number(wanted) > Number(alone) ? t.secondNow : t.secondAbove(amount({ value: alone, currency }))
}

const Refund = ({ detail, isOpen, onClose }: Open) => {
  const t = useWords(actions)
  const format = useFormats()
  const { payOrderNo, amount } = detail.order
  const most = detail.refundable ?? "0"
  const [value, setValue] = useState<string | null>(null)
  const [key, setKey] = useState(freshKey)
  const wanted = value ?? most
  const fault = useFault()(wanted, amount.currency, most)
  const leave = () => {
    setValue(null)
    setKey(freshKey())
    onClose()
  }
  return (
    <ReasonDialog
      isOpen={isOpen}
      onClose={leave}
      title={t.refundTitle}
      explain={
        <>
          <p>{t.refundTold}</p>
          <p className={css["second"]} aria-live="polite">
            {secondOf(detail, wanted, t, format)}
          </p>
        </>
      }
      confirm={t.refund}
      isGrave
      fields={<AmountField value={wanted} onChange={setValue} currency={amount.currency} most={most} />}
      isReady={fault === null}
      act={(reason) =>
        call("orders.refund", {
          path: { payOrderNo },
          headers: { "idempotency-key": key },
          body: { reason, amount: wanted.trim() }
        })
      }
      done={({ refund }) => (refund === null ? t.refundProposed : t.refundDone(refund.refundNo))}
      changes={changesOf(payOrderNo)}
    />
  )
}

/** Of the payment where that is held, else of its refund that is. */
const ResolveHeld = (given: Open) => {
  const { order, refunds, resolvable } = given.detail
  const held = order.status === "HELD" ? undefined : refunds.find(({ status }) => status === "HELD")
  return <Resolve {...given} states={resolvable} {...(held === undefined ? {} : { refundNo: held.refundNo })} />
}

const Dialog = ({ action, ...given }: Open & { readonly action: Action }) => {
  switch (action) {
    case "capture":
      return <Capture {...given} />
    case "refund":
      return <Refund {...given} />
    case "resolve":
      return <ResolveHeld {...given} />
    default:
      return <Plain {...given} action={action} />
  }
}

/** Exactly what can be done with the order now, by who looks at it. */
export const Actions = ({ detail }: { readonly detail: Detail }) => {
  const t = useWords(actions)
  const [opened, setOpened] = useState<Action | null>(null)
  const allowed = order.filter((action) => detail.allowed.includes(action))
  return (
    <>
      {allowed.map((action, index) => (
        <Button
          key={action}
          size="xs"
          variant={index === 0 && action !== "sync" ? "filled" : "default"}
          leftSection={icons[action]}
          onClick={() => setOpened(action)}
        >
          {t[action]}
        </Button>
      ))}
      {/* All are there, as a dialog stays until it is left, also when the order moves on under it: the answer says what is wrong. */}
      {order.map((action) => (
        <Dialog
          key={action}
          action={action}
          detail={detail}
          isOpen={opened === action}
          onClose={() => setOpened(null)}
        />
      ))}
    </>
  )
}
