import { Button } from "@mantine/core"
import { useState } from "react"
import { call } from "../Admin.ts"
import { Badge, type Tone } from "../parts/Badge.tsx"
import { Card } from "../parts/Card.tsx"
import { Foreign } from "../parts/Foreign.tsx"
import { Moment } from "../parts/Moment.tsx"
import { ReasonDialog } from "../parts/ReasonDialog.tsx"
import { useStateWord } from "../parts/Status.tsx"
import { useSession } from "../session.tsx"
import { order as texts } from "../words/order.ts"
import { useWords } from "../words/Words.ts"
import css from "./Order.module.css"
import { changesOf, type Detail } from "./useOrder.ts"

type Proposal = Detail["proposals"][number]
type Decision = "approve" | "reject" | "withdraw"

const tones: Readonly<Record<Proposal["state"], Tone>> = {
  open: "warn",
  approved: "good",
  rejected: "bad",
  ended: "plain"
}

/** What would happen, in the language in force; in the API's own words where it is something else. */
export const useSummary = () => {
  const t = useWords(texts)
  const stateWord = useStateWord()
  return ({ kind, details, summary }: Proposal): string => {
    const { state, acceptedAmount, amount } = details
    if (kind === "refund" && typeof amount === "string") return t.refundOf(amount)
    if (kind !== "resolve" || typeof state !== "string") return summary
    const named = `${stateWord(state)} (${state})`
    return typeof acceptedAmount === "string" ? t.goOnAccepting(named, acceptedAmount) : t.goOn(named)
  }
}

const Decide = ({ proposal, payOrderNo }: { readonly proposal: Proposal; readonly payOrderNo: string }) => {
  const t = useWords(texts)
  const summaryOf = useSummary()
  const { session, may } = useSession()
  const [decision, setDecision] = useState<Decision>("approve")
  const [isOpen, setOpen] = useState(false)
  const isUndecided = proposal.state === "open"
  if (!(isUndecided || proposal.mayApprove) || !may("operator")) return null
  const isOwn = proposal.proposedBy === session.operator
  const begin = (next: Decision) => () => {
    setDecision(next)
    setOpen(true)
  }
  const path = { id: proposal.id }
  return (
    <div className={css["decide"]}>
      {isOwn ? <p className="muted">{t.notOneself}</p> : null}
      {proposal.mayApprove ? (
        <Button size="xs" onClick={begin("approve")}>
          {t.approve}
        </Button>
      ) : null}
      {isUndecided ? (
        <Button size="xs" variant="default" onClick={begin(isOwn ? "withdraw" : "reject")}>
          {isOwn ? t.withdraw : t.reject}
        </Button>
      ) : null}
      <ReasonDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={t[`${decision}Title`]}
        explain={
          <>
            <p className={css["strong"]}>
              <Foreign text={summaryOf(proposal)} />
            </p>
            <p>{decision === "approve" ? t.approveTold : t.rejectTold}</p>
          </>
        }
        confirm={t[decision]}
        act={(note) =>
          decision === "approve"
            ? call("proposals.approve", { path, body: { note } })
            : call("proposals.reject", { path, body: { note } })
        }
        done={() => (decision === "approve" ? t.approved : t.rejected)}
        changes={changesOf(payOrderNo)}
      />
    </div>
  )
}

/** What two persons are needed for about this order, and what they decided. */
export const Proposals = ({ detail }: { readonly detail: Detail }) => {
  const t = useWords(texts)
  const summaryOf = useSummary()
  const { proposals, order } = detail
  if (proposals.length === 0) return null
  return (
    <Card title={t.proposals}>
      <ul className={css["proposals"]}>
        {proposals.map((proposal) => (
          <li key={proposal.id} className={css["proposal"]}>
            <div className={css["deliveryHead"]}>
              <Badge tone={tones[proposal.state]}>{t[`state_${proposal.state}`]}</Badge>
              <strong>
                <Foreign text={summaryOf(proposal)} />
              </strong>
            </div>
            {proposal.subject === order.payOrderNo ? null : (
              <p className={`${css["small"]} muted`}>
                {t.ofRefund} <code className="mono">{proposal.subject}</code>
              </p>
            )}
            <Foreign text={proposal.note} />
            <p className={`${css["small"]} muted`}>
              {t.proposedBy} <bdi>{proposal.proposedBy}</bdi> · <Moment at={proposal.proposedAt} />
              {proposal.state === "open" ? (
                <>
                  {" · "}
                  {t.endsAt} <Moment at={proposal.endsAt} />
                </>
              ) : proposal.decidedBy === null ? null : (
                <>
                  {" · "}
                  {t.decided} <bdi>{proposal.decidedBy}</bdi> <Moment at={proposal.decidedAt} />
                </>
              )}
            </p>
            {proposal.decidedNote === null ? null : <Foreign text={proposal.decidedNote} />}
            <Decide proposal={proposal} payOrderNo={order.payOrderNo} />
          </li>
        ))}
      </ul>
    </Card>
  )
}
