import { Button, Modal } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { call } from "../Admin.ts"
import { Badge, type Tone } from "../parts/Badge.tsx"
import { Moment } from "../parts/Moment.tsx"
import { Mono } from "../parts/Mono.tsx"
import { Problem } from "../parts/Problem.tsx"
import { ReasonDialog } from "../parts/ReasonDialog.tsx"
import { type Shown, ShownOnce } from "../parts/ShownOnce.tsx"
import { useStateWord } from "../parts/Status.tsx"
import { useSession } from "../session.tsx"
import { parts } from "../words/parts.ts"
import { proposals as texts } from "../words/proposals.ts"
import { useWords } from "../words/Words.ts"
import css from "./proposals.module.css"
import { type Proposal, said, secretOf } from "./Said.ts"

type Decision = "approve" | "reject" | "withdraw"

/** What a decision can change. */
const changes = [["proposals"], ["overview"], ["apps"], ["order"], ["orders"]] as const

const useSaid = (proposal: Proposal): string => said(proposal, useWords(texts), useStateWord())

const Decide = ({ proposal, isOwn }: { readonly proposal: Proposal; readonly isOwn: boolean }) => {
  const text = useWords(texts)
  const sentence = useSaid(proposal)
  const [decision, setDecision] = useState<Decision>("approve")
  const [isOpen, setOpen] = useState(false)
  const begin = (next: Decision) => () => {
    setDecision(next)
    setOpen(true)
  }
  const path = { id: proposal.id }
  const told = {
    approve: secretOf(proposal) === null ? text.approveTold : text.approveSecretTold,
    reject: text.rejectTold,
    withdraw: text.rejectTold
  }
  const done = {
    approve: secretOf(proposal) === null ? text.approved : text.approvedSecret,
    reject: text.rejected,
    withdraw: text.withdrawn
  }
  return (
    <>
      {proposal.mayApprove ? (
        <>
          <Button size="xs" onClick={begin("approve")}>
            {text.approve}
          </Button>
          {proposal.state === "open" ? (
            <Button size="xs" variant="default" onClick={begin("reject")}>
              {text.reject}
            </Button>
          ) : null}
        </>
      ) : null}
      {isOwn ? (
        <Button size="xs" variant="default" onClick={begin("withdraw")}>
          {text.withdraw}
        </Button>
      ) : null}
      <ReasonDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={text[`${decision}Title`]}
        explain={
          <>
            <p className={css["sentence"]}>
              <bdi>{sentence}</bdi>
            </p>
            <p className="muted">
              <bdi className="mono">{proposal.subject}</bdi>
            </p>
            <p>{told[decision]}</p>
          </>
        }
        confirm={text[decision]}
        isGrave={decision === "reject"}
        act={(note) =>
          call(decision === "approve" ? "proposals.approve" : "proposals.reject", { path, body: { note } })
        }
        done={() => done[decision]}
        changes={changes}
      />
    </>
  )
}

/** Takes what was approved: made when it is asked for, and shown once. */
const Take = ({ proposal, of }: { readonly proposal: Proposal; readonly of: "key" | "secret" }) => {
  const text = useWords(texts)
  const { cancel, close } = useWords(parts)
  const client = useQueryClient()
  const [isOpen, setOpen] = useState(false)
  const [shown, setShown] = useState<Shown | null>(null)
  const name = of === "key" ? text.takeKey : text.takeSecret
  const taking = useMutation({
    mutationFn: () => call("proposals.take", { path: { id: proposal.id } }),
    onSuccess: (answer) => {
      setOpen(false)
      setShown(answer)
    }
  })
  const begin = () => {
    taking.reset()
    setOpen(true)
  }
  const end = () => {
    setShown(null)
    taking.reset()
    for (const queryKey of changes) void client.invalidateQueries({ queryKey })
  }
  return (
    <>
      <Button size="xs" onClick={begin}>
        {name}
      </Button>
      <Modal opened={isOpen} onClose={() => setOpen(false)} title={name} closeButtonProps={{ "aria-label": close }}>
        <div className={css["explain"]}>
          <p>{text.takeTold}</p>
          {taking.error === null ? null : <Problem error={taking.error} />}
          <div className={css["buttons"]}>
            <Button variant="default" onClick={() => setOpen(false)} disabled={taking.isPending}>
              {cancel}
            </Button>
            <Button onClick={() => taking.mutate()} loading={taking.isPending}>
              {name}
            </Button>
          </div>
        </div>
      </Modal>
      <ShownOnce shown={shown} of={of} onClose={end} />
    </>
  )
}

const tones: Readonly<Record<Proposal["state"], Tone>> = {
  open: "wait",
  approved: "good",
  rejected: "bad",
  ended: "plain"
}

const State = ({ proposal }: { readonly proposal: Proposal }) => {
  const text = useWords(texts)
  const isWithdrawn = proposal.state === "rejected" && proposal.decidedBy === proposal.proposedBy
  const word = {
    open: text.stateOpen,
    approved: proposal.isToTake ? text.toTake : text.stateApproved,
    rejected: isWithdrawn ? text.stateWithdrawn : text.stateRejected,
    ended: text.stateEnded
  }[proposal.state]
  return <Badge tone={proposal.isToTake ? "warn" : isWithdrawn ? "plain" : tones[proposal.state]}>{word}</Badge>
}

const Subject = ({ proposal: { kind, subject } }: { readonly proposal: Proposal }) =>
  kind === "app" ? (
    <Mono
      value={subject}
      copy={false}
      href={
        <Link to="/apps/$app" params={{ app: subject }} className="link">
          {subject}
        </Link>
      }
    />
  ) : (
    <Mono
      value={subject}
      href={
        <Link to="/orders/$payOrderNo" params={{ payOrderNo: subject }} className="link">
          {subject}
        </Link>
      }
    />
  )

const Decided = ({ proposal }: { readonly proposal: Proposal }) => {
  const text = useWords(texts)
  if (proposal.state === "open")
    return (
      <div>
        <dt>{text.ends}</dt>
        <dd>
          <Moment at={proposal.endsAt} as="both" />
        </dd>
      </div>
    )
  if (proposal.decidedBy === null)
    return (
      <div>
        <dt>{text.stateEnded}</dt>
        <dd className="muted">{text.endedTold}</dd>
      </div>
    )
  return (
    <div>
      <dt>{text.decidedBy}</dt>
      <dd>
        <bdi>{proposal.decidedBy}</bdi> · <Moment at={proposal.decidedAt} as="full" />
      </dd>
    </div>
  )
}

const DecidedNote = ({ proposal: { decidedNote } }: { readonly proposal: Proposal }) => {
  const text = useWords(texts)
  if (decidedNote === null) return null
  return (
    <div className={css["wide"]}>
      <dt>{text.decidedWhy}</dt>
      <dd>
        <bdi className={css["note"]}>{decidedNote}</bdi>
      </dd>
    </div>
  )
}

const Actions = ({ proposal, isOwn }: { readonly proposal: Proposal; readonly isOwn: boolean }) => {
  const text = useWords(texts)
  const { may } = useSession()
  const of = secretOf(proposal)
  if (proposal.isToTake)
    return (
      <div className={css["actions"]}>
        <Take proposal={proposal} of={of ?? "secret"} />
      </div>
    )
  if (!(proposal.state === "open" || proposal.mayApprove) || !may("operator")) return null
  return (
    <div className={css["actions"]}>
      <Decide proposal={proposal} isOwn={isOwn} />
      {proposal.mayApprove ? null : <span className="muted">{isOwn ? text.own : text.needsAdministrator}</span>}
    </div>
  )
}

/** A proposal with all that its second person has to know, and what can be done with it. */
export const ProposalItem = ({
  proposal,
  isAtHome = false
}: {
  readonly proposal: Proposal
  /** Stands on the page of what it is about: that needs no naming. */
  readonly isAtHome?: boolean
}) => {
  const text = useWords(texts)
  const { session } = useSession()
  const sentence = useSaid(proposal)
  const isOwn = proposal.proposedBy === session.operator
  const reason = proposal.details["reason"] ?? null
  return (
    <li className={css["proposal"]} data-open={proposal.state === "open" || proposal.isToTake}>
      <div className={css["head"]}>
        <h3 className={css["sentence"]} title={proposal.summary}>
          <bdi>{sentence}</bdi>
        </h3>
        <span className={css["marks"]}>
          {isAtHome ? null : <Badge>{text[proposal.kind]}</Badge>}
          <State proposal={proposal} />
        </span>
      </div>
      <dl className={css["facts"]}>
        {isAtHome ? null : (
          <div>
            <dt>{text.about}</dt>
            <dd>
              <Subject proposal={proposal} />
            </dd>
          </div>
        )}
        <div>
          <dt>{text.by}</dt>
          <dd>
            <bdi>{proposal.proposedBy}</bdi>
            {isOwn ? ` (${text.you})` : ""} · <Moment at={proposal.proposedAt} />
          </dd>
        </div>
        <Decided proposal={proposal} />
        <div className={css["wide"]}>
          <dt>{text.why}</dt>
          <dd>
            <bdi className={css["note"]}>{proposal.note}</bdi>
          </dd>
        </div>
        {proposal.kind === "refund" && reason !== null && reason !== proposal.note ? (
          <div className={css["wide"]}>
            <dt>{text.refundReason}</dt>
            <dd>
              <bdi className={css["note"]}>{reason}</bdi>
            </dd>
          </div>
        ) : null}
        <DecidedNote proposal={proposal} />
      </dl>
      <Actions proposal={proposal} isOwn={isOwn} />
    </li>
  )
}

/** Proposals one below the other. */
export const ProposalList = ({
  proposals,
  label,
  home
}: {
  readonly proposals: ReadonlyArray<Proposal>
  readonly label: string
  /** What the page is about: its own proposals need not name it. */
  readonly home?: string
}) => (
  <ul className={css["list"]} aria-label={label}>
    {proposals.map((proposal) => (
      <ProposalItem key={proposal.id} proposal={proposal} isAtHome={proposal.subject === home} />
    ))}
  </ul>
)
