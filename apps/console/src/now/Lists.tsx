import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { useNow } from "../clock.ts"
import { useCauses } from "../order/useCauses.ts"
import type { Overview } from "../overview.ts"
import { Badge } from "../parts/Badge.tsx"
import { Card } from "../parts/Card.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Moment } from "../parts/Moment.tsx"
import { Mono } from "../parts/Mono.tsx"
import { NotTaken } from "../parts/NotTaken.tsx"
import { type Standing, standing } from "../parts/Standing.ts"
import { Status } from "../parts/Status.tsx"
import { Cell, Table } from "../parts/Table.tsx"
import { useFormats } from "../words/Formats.ts"
import { now as texts } from "../words/now.ts"
import { useWords } from "../words/Words.ts"
import css from "./now.module.css"

type Troubled = Overview["held"]["oldest"][number]

const Target = ({ id, children }: { readonly id: string; readonly children: ReactNode }) => (
  <div id={id} tabIndex={-1} className={css["target"]}>
    {children}
  </div>
)

const Row = ({ one }: { readonly one: Troubled }) => {
  const text = useWords(texts)
  const { trouble } = useCauses()
  return (
    <tr>
      <Cell head label={text.number}>
        <Mono
          value={one.payOrderNo}
          href={
            <Link to="/orders/$payOrderNo" params={{ payOrderNo: one.payOrderNo }} className="link">
              {one.payOrderNo}
            </Link>
          }
        />
      </Cell>
      <Cell label={text.state}>
        <Status status={one.status} bare />
      </Cell>
      <Cell label={text.vendor}>
        <span className={css["vendor"]}>{one.vendor}</span>
      </Cell>
      <Cell label={text.app}>
        <bdi>{one.app}</bdi>
      </Cell>
      <Cell label={text.since}>
        <Moment at={one.since} />
      </Cell>
      <Cell label={text.reason}>
        {one.reason === null ? (
          <span className="muted">–</span>
        ) : (
          <bdi className={css["reason"]} title={one.reason}>
            {trouble(one.reason)}
          </bdi>
        )}
      </Cell>
    </tr>
  )
}

const TroubledTable = ({
  title,
  of: { count, oldest },
  more
}: {
  readonly title: string
  readonly of: Overview["held"]
  readonly more?: ReactNode
}) => {
  const text = useWords(texts)
  const formats = useFormats()
  const labels = [text.number, text.state, text.vendor, text.app, text.since, text.reason]
  return (
    <>
      <Table caption={title} columns={labels.map((label) => ({ label }))} cards>
        {oldest.map((one) => (
          <Row key={one.payOrderNo} one={one} />
        ))}
      </Table>
      {count > oldest.length || more !== undefined ? (
        <p className={css["more"]}>
          {text.shownOf(formats.count(oldest.length), formats.count(count))} {more}
        </p>
      ) : null}
    </>
  )
}

/** The orders that are longest in doubt, and those that wait for a person. */
export const TroubledLists = ({ overview: { inDoubt, held } }: { readonly overview: Overview }) => {
  const text = useWords(texts)
  const all = (
    <Link to={"/orders" as never} search={{ status: "HELD" } as never} className="link">
      {text.showAll}
    </Link>
  )
  return (
    <div className={inDoubt.count + held.count === 0 ? css["quiet"] : css["lists"]}>
      <Target id="held">
        <Card title={text.heldTitle} flush>
          {held.oldest.length === 0 ? (
            <Empty title={text.heldNone}>{text.heldNoneTold}</Empty>
          ) : (
            <TroubledTable title={text.heldTitle} of={held} more={all} />
          )}
        </Card>
      </Target>
      <Target id="in-doubt">
        <Card title={text.inDoubtTitle} flush>
          {inDoubt.oldest.length === 0 ? (
            <Empty title={text.inDoubtNone}>{text.inDoubtNoneTold}</Empty>
          ) : (
            <TroubledTable title={text.inDoubtTitle} of={inDoubt} />
          )}
        </Card>
      </Target>
    </div>
  )
}

const Queues = ({ queues }: Pick<Overview, "queues">) => {
  const text = useWords(texts)
  const { count, duration } = useFormats()
  const names = {
    orders: text.queueOrders,
    deliveries: text.queueDeliveries,
    inbox: text.queueInbox,
    reconcile: text.queueReconcile
  }
  return (
    <Card title={text.queuesTitle} flush>
      <Table
        caption={text.queuesTitle}
        columns={[
          { label: text.queue },
          { label: text.waitingColumn, align: "end" },
          { label: text.lagColumn, align: "end" }
        ]}
      >
        {queues.map(({ queue, waiting, oldestSeconds }) => (
          <tr key={queue}>
            <Cell head>{names[queue]}</Cell>
            <Cell align="end">{waiting >= 10_000 ? text.more(count(waiting)) : count(waiting)}</Cell>
            <Cell align="end">{waiting === 0 ? <span className="muted">–</span> : duration(oldestSeconds)}</Cell>
          </tr>
        ))}
      </Table>
    </Card>
  )
}

const How = ({ standing, nowMillis }: { readonly standing: Standing; readonly nowMillis: number }) => {
  const text = useWords(texts)
  switch (standing.is) {
    case "stopped":
      return <Badge tone="bad">{text.stoppedWith(standing.reason)}</Badge>
    case "failing":
      return <NotTaken {...standing} nowMillis={nowMillis} />
    case "delivering":
      return <Badge tone="warn">{text.delivering}</Badge>
  }
}

const Behind = ({ endpoints }: { readonly endpoints: Overview["deliveriesBehind"] }) => {
  const text = useWords(texts)
  const { count, duration } = useFormats()
  const nowMillis = Math.max(useNow(10_000), Date.now())
  if (endpoints.length === 0)
    return (
      <Card title={text.behindTitle}>
        <Empty title={text.behindNone}>{text.behindNoneTold}</Empty>
      </Card>
    )
  return (
    <Card title={text.behindTitle} flush>
      <Table
        caption={text.behindTitle}
        cards
        columns={[
          { label: text.app },
          { label: text.endpoint },
          { label: text.state },
          { label: text.waitingColumn, align: "end" },
          { label: text.lagColumn, align: "end" }
        ]}
      >
        {endpoints.map((one) => (
          <tr key={one.endpoint}>
            <Cell head label={text.app}>
              <Link to="/apps/$app" params={{ app: one.app }} className="link">
                <bdi>{one.app}</bdi>
              </Link>
            </Cell>
            <Cell label={text.endpoint}>
              <Mono value={one.endpoint} copy={false} />
            </Cell>
            <Cell label={text.state}>
              <How standing={standing(one, nowMillis)} nowMillis={nowMillis} />
            </Cell>
            <Cell label={text.waitingColumn} align="end">
              {count(one.waiting)}
            </Cell>
            <Cell label={text.lagColumn} align="end">
              {duration(one.oldestSeconds)}
            </Cell>
          </tr>
        ))}
      </Table>
    </Card>
  )
}

/** What is due and not done, and endpoints that events do not reach. */
export const Waiting = ({ overview: { queues, deliveriesBehind } }: { readonly overview: Overview }) => (
  <div className={css["pair"]}>
    <Target id="queues">
      <Queues queues={queues} />
    </Target>
    <Target id="behind">
      <Behind endpoints={deliveriesBehind} />
    </Target>
  </div>
)
