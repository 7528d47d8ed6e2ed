import { Link, useLocation, useNavigate, useParams } from "@tanstack/react-router"
import { lazy, type ReactNode, Suspense, useEffect } from "react"
import { Refused } from "../Admin.ts"
import { Actions } from "../order/Actions.tsx"
import { Deliveries } from "../order/Deliveries.tsx"
import { Facts } from "../order/Facts.tsx"
import { History } from "../order/History.tsx"
import css from "../order/Order.module.css"
import { Refunds } from "../order/Refunds.tsx"
import { StuckNotice } from "../order/StuckNotice.tsx"
import { TraceView } from "../order/TraceView.tsx"
import { useCauses } from "../order/useCauses.ts"
import { type Detail, useOrder } from "../order/useOrder.ts"
import { Card } from "../parts/Card.tsx"
import { LiveMark } from "../parts/LiveMark.tsx"
import { Bones, Loaded } from "../parts/Loaded.tsx"
import { Copy } from "../parts/Mono.tsx"
import { Page } from "../parts/Page.tsx"
import { Status, useStateWord } from "../parts/Status.tsx"
import { ProposalList } from "../proposals/Proposal.tsx"
import { order as texts } from "../words/order.ts"
import { useWords } from "../words/Words.ts"

const Machine = lazy(() => import("../machine/Machine.tsx").then((module) => ({ default: module.Machine })))

const Way = ({ detail }: { readonly detail: Detail }) => {
  const t = useWords(texts)
  const { cause, kind } = useCauses()
  const { payOrderNo, status } = detail.order
  return (
    <Card title={t.machine}>
      <Suspense fallback={<Bones rows={10} />}>
        <Machine
          kind="payment"
          state={status}
          history={detail.history.filter(({ number }) => number === payOrderNo)}
          said={(text) => cause(text, false)}
          evidence={kind}
          byPerson={status === "HELD" ? detail.resolvable : []}
        />
      </Suspense>
    </Card>
  )
}

/** Where the parts of the page are, with how much each has. */
const Parts = ({ detail }: { readonly detail: Detail }) => {
  const t = useWords(texts)
  const { history, refunds, deliveries } = detail
  const parts: ReadonlyArray<readonly [id: string, name: string, count: number | null]> = [
    ["machine", t.machine, null],
    ["history", t.history, history.length],
    ["refunds", t.refunds, refunds.length],
    ["deliveries", t.deliveries, deliveries.length],
    ["trace", t.trace, null]
  ]
  return (
    <nav aria-label={t.parts} className={css["parts"]}>
      {parts.map(([id, name, count]) => (
        <a key={id} href={`#${id}`} className="link">
          {name}
          {count === null ? "" : ` (${count})`}
        </a>
      ))}
    </nav>
  )
}

const Part = ({ id, children }: { readonly id: string; readonly children: ReactNode }) => (
  <div id={id} className={css["part"]}>
    {children}
  </div>
)

/** Goes to the part that the address names, once it is there. */
const useNamedPart = () => {
  const hash = useLocation({ select: (location) => location.hash })
  useEffect(() => {
    if (hash !== "") document.getElementById(hash)?.scrollIntoView()
  }, [hash])
}

const Body = ({ detail }: { readonly detail: Detail }) => {
  const t = useWords(texts)
  useNamedPart()
  return (
    <div className={css["body"]}>
      <StuckNotice detail={detail} />
      {detail.proposals.length === 0 ? null : (
        <Card title={t.proposals} flush>
          <ProposalList proposals={detail.proposals} label={t.proposals} home={detail.order.payOrderNo} />
        </Card>
      )}
      <Facts detail={detail} />
      <Parts detail={detail} />
      <Part id="machine">
        <Way detail={detail} />
      </Part>
      <Part id="history">
        <History detail={detail} />
      </Part>
      <Part id="refunds">
        <Refunds detail={detail} />
      </Part>
      <Part id="deliveries">
        <Deliveries detail={detail} />
      </Part>
      <Part id="trace">
        <TraceView detail={detail} />
      </Part>
    </div>
  )
}

/** All that is known of one order, as it happens, and what can be done with it now. */
export const OneOrder = () => {
  const t = useWords(texts)
  const stateWord = useStateWord()
  const navigate = useNavigate()
  const { payOrderNo = "" } = useParams({ strict: false }) as { readonly payOrderNo?: string }
  const { query, live } = useOrder(payOrderNo)
  const detail = query.data
  const found = detail?.order.payOrderNo
  // Come by the number of a refund: the address becomes the payment's.
  useEffect(() => {
    if (found !== undefined && found !== payOrderNo)
      void navigate({
        to: "/orders/$payOrderNo",
        params: { payOrderNo: found },
        hash: `refund-${payOrderNo}`,
        replace: true
      })
  }, [found, payOrderNo, navigate])
  return (
    <Page
      title={t.title(payOrderNo)}
      heading={
        <span className={css["heading"]}>
          <bdi className="mono">{payOrderNo}</bdi>
          <Copy value={payOrderNo} />
        </span>
      }
      crumbs={[{ label: t.orders, to: "/orders" }]}
      mark={
        detail === undefined ? null : (
          <span className={css["marks"]}>
            <Status status={detail.order.status} inDoubt={detail.order.inDoubt} />
            <LiveMark live={live} atMillis={query.dataUpdatedAt} />
          </span>
        )
      }
      actions={detail === undefined ? undefined : <Actions detail={detail} />}
    >
      <span className="visually-hidden" role="status">
        {detail === undefined ? "" : t.nowIs(stateWord(detail.order.status))}
      </span>
      {query.error instanceof Refused && query.error.code === "ORDER_NOT_FOUND" ? (
        <p>
          <Link to="/orders" search={{ number: payOrderNo } as never} className="link">
            {t.findInstead}
          </Link>
        </p>
      ) : null}
      <Loaded query={query} what={t.failed} rows={14}>
        {(loaded) => <Body detail={loaded} />}
      </Loaded>
    </Page>
  )
}
