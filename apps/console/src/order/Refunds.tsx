import { Button } from "@mantine/core"
import { lazy, Suspense, useState } from "react"
import { Amount } from "../parts/Amount.tsx"
import { Card } from "../parts/Card.tsx"
import { Foreign } from "../parts/Foreign.tsx"
import { Bones } from "../parts/Loaded.tsx"
import { Moment } from "../parts/Moment.tsx"
import { Mono } from "../parts/Mono.tsx"
import { Status } from "../parts/Status.tsx"
import { actions, order as texts } from "../words/order.ts"
import { useWords } from "../words/Words.ts"
import { Fact } from "./Facts.tsx"
import css from "./Order.module.css"
import { Resolve } from "./Resolve.tsx"
import { useCauses } from "./useCauses.ts"
import type { Detail } from "./useOrder.ts"

const Machine = lazy(() => import("../machine/Machine.tsx").then((module) => ({ default: module.Machine })))

type Refund = Detail["refunds"][number]

const MachineOf = ({ refund, detail }: { readonly refund: Refund; readonly detail: Detail }) => {
  const t = useWords(texts)
  const { cause, kind } = useCauses()
  const [isOpen, setOpen] = useState(false)
  return (
    <details className={css["evidence"]} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.refundMachine}</summary>
      {isOpen ? (
        <Suspense fallback={<Bones rows={6} />}>
          <Machine
            kind="refund"
            state={refund.status}
            history={detail.history.filter(({ number }) => number === refund.refundNo)}
            said={(text) => cause(text, true)}
            evidence={kind}
          />
        </Suspense>
      ) : null}
    </details>
  )
}

const One = ({ refund, detail }: { readonly refund: Refund; readonly detail: Detail }) => {
  const t = useWords(texts)
  const words = useWords(actions)
  const { heldBecause } = useCauses()
  const [isOpen, setOpen] = useState(false)
  const isHeld = refund.status === "HELD"
  return (
    <li className={css["refund"]} id={`refund-${refund.refundNo}`}>
      <div className={css["deliveryHead"]}>
        <span className={css["strong"]}>
          <Amount amount={refund.amount} />
        </span>
        <Status status={refund.status} inDoubt={refund.inDoubt} />
        {isHeld && detail.allowed.includes("resolve") ? (
          <Button size="compact-xs" onClick={() => setOpen(true)}>
            {words.resolve}
          </Button>
        ) : null}
      </div>
      {refund.heldReason === null ? null : <p className={css["warn"]}>{heldBecause(refund.heldReason)}</p>}
      <dl className={css["facts"]}>
        <Fact name={t.refundNo}>
          <Mono value={refund.refundNo} />
        </Fact>
        <Fact name={t.vendorRefundNo}>
          {refund.vendorRefundNo === null ? <span className="muted">–</span> : <Mono value={refund.vendorRefundNo} />}
        </Fact>
        <Fact name={t.asked}>
          <Moment at={refund.createdAt} as="both" />
        </Fact>
        <Fact name={t.refundedAt}>
          <Moment at={refund.refundedAt} as="both" />
        </Fact>
        {refund.reason === null ? null : (
          <Fact name={t.reason} wide>
            <Foreign text={refund.reason} />
          </Fact>
        )}
        {refund.failure === null ? null : (
          <Fact name={t.failure} wide>
            <Foreign text={`${refund.failure.code} ${refund.failure.detail}`} />
          </Fact>
        )}
      </dl>
      <MachineOf refund={refund} detail={detail} />
      {isHeld ? (
        <Resolve
          detail={detail}
          isOpen={isOpen}
          onClose={() => setOpen(false)}
          refundNo={refund.refundNo}
          states={["PENDING", "SUCCEEDED", "FAILED"]}
        />
      ) : null}
    </li>
  )
}

/** The refunds of an order, each with its way. */
export const Refunds = ({ detail }: { readonly detail: Detail }) => {
  const t = useWords(texts)
  return (
    <Card title={t.refunds}>
      {detail.refunds.length === 0 ? (
        <p className="muted">{t.noRefunds}</p>
      ) : (
        <ol className={css["refunds"]}>
          {detail.refunds.map((refund) => (
            <One key={refund.refundNo} refund={refund} detail={detail} />
          ))}
        </ol>
      )}
    </Card>
  )
}
