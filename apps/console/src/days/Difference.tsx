import { Button } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { type Answer, call } from "../Admin.ts"
import { filled } from "../order/Amounts.ts"
import { Amount } from "../parts/Amount.tsx"
import { Badge, type Tone } from "../parts/Badge.tsx"
import { Moment } from "../parts/Moment.tsx"
import { Mono } from "../parts/Mono.tsx"
import { ReasonDialog } from "../parts/ReasonDialog.tsx"
import { Status } from "../parts/Status.tsx"
import { useSession } from "../session.tsx"
import { day as texts } from "../words/days.ts"
import { useWords } from "../words/Words.ts"
import css from "./days.module.css"

/** What a bill and our orders say otherwise. */
export type Difference = Answer<"reconciliation.differences">["items"][number]
type Side = NonNullable<Difference["ours"]>

const tones: Readonly<Record<Difference["status"], Tone>> = { open: "warn", awaited: "wait", resolved: "good" }

/** What a bill says of a state. */
const Theirs = ({ state }: { readonly state: string }) => {
  const text = useWords(texts)
  const words: Readonly<Record<string, string>> = {
    succeeded: text.succeeded,
    pending: text.pending,
    failed: text.failedThere
  }
  return <>{words[state] ?? state}</>
}

const amountKey = ({ amount: { value, currency } }: Side): string => `${value} ${currency}`

const Row = ({
  name,
  differs,
  ours,
  theirs
}: {
  readonly name: string
  readonly differs: boolean
  readonly ours: ReactNode
  readonly theirs: ReactNode
}) => {
  const text = useWords(texts)
  return (
    <tr data-differs={differs}>
      <th scope="row">
        {name}
        {differs ? <span className="visually-hidden"> ({text.differs})</span> : null}
      </th>
      <td>{ours}</td>
      <td>{theirs}</td>
    </tr>
  )
}

/** Both sides beside each other; rows that differ are marked. */
const Compare = ({ of: { kind, ours, theirs } }: { readonly of: Difference }) => {
  const text = useWords(texts)
  const none = <span className="muted">{text.notThere}</span>
  const dash = <span className="muted">–</span>
  const isBoth = ours !== null && theirs !== null
  const isMissing = kind === "MISSING_HERE" || kind === "MISSING_THERE"
  const side = (one: Difference["ours"], show: (side: Side) => ReactNode, isFirst = false): ReactNode =>
    one === null ? (isFirst ? none : dash) : show(one)
  const amount = (one: Side) => <Amount amount={one.amount} />
  const fee = (one: Side) =>
    one.fee === null ? (
      dash
    ) : (
      <Amount amount={{ value: filled(one.fee, one.amount.currency), currency: one.amount.currency }} />
    )
  return (
    <table className={css["compare"]}>
      <caption className="visually-hidden">
        {text.ours} – {text.theirs}
      </caption>
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">{text.side}</span>
          </th>
          <th scope="col">{text.ours}</th>
          <th scope="col">{text.theirs}</th>
        </tr>
      </thead>
      <tbody>
        <Row
          name={text.amount}
          differs={isMissing || (isBoth && amountKey(ours) !== amountKey(theirs))}
          ours={side(ours, amount, true)}
          theirs={side(theirs, amount, true)}
        />
        <Row
          name={text.state}
          differs={kind === "STATUS"}
          ours={side(ours, ({ state }) => <Status status={state} bare />)}
          theirs={side(theirs, ({ state }) => <Theirs state={state} />)}
        />
        <Row name={text.fee} differs={kind === "FEE"} ours={side(ours, fee)} theirs={side(theirs, fee)} />
        <Row
          name={text.at}
          differs={false}
          ours={side(ours, ({ at }) => <Moment at={at} as="full" />)}
          theirs={side(theirs, ({ at }) => <Moment at={at} as="full" />)}
        />
      </tbody>
    </table>
  )
}

const Numbers = ({ of }: { readonly of: Difference }) => {
  const text = useWords(texts)
  const link = (number: string) => (
    <Link to="/orders/$payOrderNo" params={{ payOrderNo: number }} className="link">
      {number}
    </Link>
  )
  const numbers = [
    [text.order, of.payOrderNo, true],
    [text.refundNo, of.refundNo, true],
    [text.merchantOrderNo, of.merchantOrderNo === of.payOrderNo ? null : of.merchantOrderNo, false],
    [text.transactionNo, of.transactionNo, false]
  ] as const
  return numbers.map(([name, number, isLinked]) =>
    number === null ? null : (
      <div key={name} className={css["fact"]}>
        <dt>{name}</dt>
        <dd>
          <Mono value={number} {...(isLinked ? { href: link(number) } : {})} />
        </dd>
      </div>
    )
  )
}

const Facts = ({ of }: { readonly of: Difference }) => {
  const text = useWords(texts)
  const by: Readonly<Record<string, string>> = {
    evidence: text.byEvidence,
    bill: text.byBill,
    run: text.byRun,
    vendor: text.byVendor,
    operator: text.byOperator
  }
  const actions = { evidence: text.actionEvidence, held: text.actionHeld, asked: text.actionAsked }
  return (
    <dl className={css["factList"]}>
      <Numbers of={of} />
      {of.action === "none" ? null : (
        <div className={css["fact"]}>
          <dt>{text.action}</dt>
          <dd>{actions[of.action]}</dd>
        </div>
      )}
      {of.note === null ? null : (
        <div className={css["fact"]}>
          <dt>{text.note}</dt>
          <dd>
            <bdi>{of.note}</bdi>
          </dd>
        </div>
      )}
      <div className={css["fact"]}>
        <dt>{of.resolvedBy === null ? text.foundAt : text.resolvedBy}</dt>
        <dd>
          {of.resolvedBy === null ? (
            <Moment at={of.foundAt} />
          ) : (
            <>
              <bdi>{by[of.resolvedBy] ?? of.resolvedBy}</bdi> · <Moment at={of.resolvedAt} />
            </>
          )}
        </dd>
      </div>
    </dl>
  )
}

const Settle = ({ of, vendor, day }: { readonly of: Difference; readonly vendor: string; readonly day: string }) => {
  const text = useWords(texts)
  const [isOpen, setOpen] = useState(false)
  const number = of.refundNo ?? of.payOrderNo ?? of.merchantOrderNo ?? of.transactionNo ?? of.id
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpen(true)} aria-label={text.settleOf(number)}>
        {text.settle}
      </Button>
      <ReasonDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={text.settleTitle}
        explain={
          <>
            <p className={`${css["fault"]} mono`}>{number}</p>
            <p>{text.settleTold}</p>
          </>
        }
        confirm={text.settle}
        act={(reason) => call("reconciliation.settle", { path: { vendor, day, id: of.id }, body: { reason } })}
        done={() => text.settled}
        changes={[["differences"], ["days"]]}
      />
    </>
  )
}

/** One difference: what it is about, both sides, what was done, and how it is closed. */
export const DifferenceItem = ({
  of,
  vendor,
  day
}: {
  readonly of: Difference
  readonly vendor: string
  readonly day: string
}) => {
  const text = useWords(texts)
  const { may } = useSession()
  return (
    <li className={css["difference"]}>
      <div className={css["head"]}>
        <h3>{text[of.kind]}</h3>
        <Badge>{text[of.of]}</Badge>
        <span className="muted">{text[`${of.kind}_told`]}</span>
        <span className={css["end"]}>
          <Badge tone={tones[of.status]}>{text[of.status]}</Badge>
          {may("operator") && of.status !== "resolved" ? <Settle of={of} vendor={vendor} day={day} /> : null}
        </span>
      </div>
      <Facts of={of} />
      <Compare of={of} />
    </li>
  )
}
