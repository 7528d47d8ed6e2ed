import type { ReactNode } from "react"
import { Amount } from "../parts/Amount.tsx"
import { Card } from "../parts/Card.tsx"
import { Foreign } from "../parts/Foreign.tsx"
import { Moment } from "../parts/Moment.tsx"
import { Copy, Mono } from "../parts/Mono.tsx"
import { order as texts } from "../words/order.ts"
import { methods, sources } from "../words/orders.ts"
import { useWords } from "../words/Words.ts"
import css from "./Order.module.css"
import type { Detail } from "./useOrder.ts"

/** A name and what it stands for. */
export const Fact = ({
  name,
  children,
  wide = false
}: {
  readonly name: string
  readonly children: ReactNode
  readonly wide?: boolean
}) => (
  <div className={wide ? css["factWide"] : css["fact"]}>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)

/** A number that somebody else gave, to the byte, to be copied. */
const GivenNo = ({ value }: { readonly value: string | null }) =>
  value === null ? (
    <span className="muted">–</span>
  ) : (
    <span className={css["number"]}>
      <Foreign text={value} mono shownFirst={96} />
      <Copy value={value} label={value.slice(0, 60)} />
    </span>
  )

/** Whether a number wants a line of its own. */
const isLong = (value: string | null): boolean => value !== null && value.length > 48

const isNothing = (value: string): boolean => /^[0.]+$/.test(value)

const Money = ({ detail }: { readonly detail: Detail }) => {
  const t = useWords(texts)
  const { order, refundable, capturable } = detail
  const { currency } = order.amount
  return (
    <div className={css["money"]}>
      <dl className={css["sums"]}>
        <Fact name={t.amount}>
          <span className={css["main"]}>
            <Amount amount={order.amount} />
          </span>
        </Fact>
        <Fact name={t.captured}>
          <Amount amount={order.captured} />
        </Fact>
        <Fact name={t.refunded}>
          <Amount amount={order.refunded} />
        </Fact>
        {isNothing(order.disputed.value) ? null : (
          <Fact name={t.disputed}>
            <span className={css["warn"]}>
              <Amount amount={order.disputed} />
            </span>
          </Fact>
        )}
        {refundable === null ? null : (
          <Fact name={t.refundable}>
            <Amount amount={{ value: refundable, currency }} />
          </Fact>
        )}
        {capturable === null ? null : (
          <Fact name={t.capturable}>
            <Amount amount={{ value: capturable, currency }} />
          </Fact>
        )}
      </dl>
    </div>
  )
}

const Notes = ({ metadata }: { readonly metadata: Detail["order"]["metadata"] }) => {
  const t = useWords(texts)
  const notes = Object.entries(metadata)
  if (notes.length === 0) return null
  return (
    <details className={css["notes"]}>
      <summary>{t.metadata(notes.length)}</summary>
      <dl className={css["noteList"]}>
        {notes.map(([name, value]) => (
          <div key={name}>
            <dt>
              <Foreign text={name} />
            </dt>
            <dd>
              <Foreign text={value} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

/** What the order is: money, numbers, times, notes. */
export const Facts = ({ detail }: { readonly detail: Detail }) => {
  const t = useWords(texts)
  const methodWords = useWords(methods)
  const sourceWords = useWords(sources)
  const { order, dueAt } = detail
  return (
    <Card title={t.facts}>
      <Money detail={detail} />
      <dl className={css["facts"]}>
        <Fact name={t.vendor}>
          <Foreign text={order.vendor} />
        </Fact>
        <Fact name={t.app}>
          <Foreign text={order.app} />
        </Fact>
        <Fact name={t.method}>
          {methodWords[order.method]} · {sourceWords[order.source]}
        </Fact>
        <Fact name={t.businessNo} wide={isLong(order.businessNo)}>
          <GivenNo value={order.businessNo} />
        </Fact>
        <Fact name={t.transactionNo} wide={isLong(order.transactionNo)}>
          <GivenNo value={order.transactionNo} />
        </Fact>
        {order.merchantOrderNo === order.payOrderNo ? null : (
          <Fact name={t.merchantOrderNo}>
            <Mono value={order.merchantOrderNo} />
          </Fact>
        )}
        <Fact name={t.placed}>
          <Moment at={order.createdAt} as="both" />
        </Fact>
        <Fact name={t.paidAt}>
          <Moment at={order.paidAt} as="both" />
        </Fact>
        {order.paidAt !== null && order.status !== "LATE_PAID" ? null : (
          <Fact name={t.expiresAt}>
            <Moment at={order.expiresAt} as="both" />
          </Fact>
        )}
        <Fact name={t.dueAt}>
          {dueAt === null ? <span className="muted">{t.never}</span> : <Moment at={dueAt} as="both" />}
        </Fact>
        <Fact name={t.version}>{order.version}</Fact>
        {order.next === null || order.next.type === "none" ? null : (
          <Fact name={t.next}>
            <code className="mono">{order.next.type}</code>{" "}
            {order.next.type === "redirect" ? <Foreign text={order.next.url} line mono /> : null}
          </Fact>
        )}
        {order.failure === null ? null : (
          <Fact name={t.failure} wide>
            <code className={`mono ${css["code"]}`}>
              <Foreign text={order.failure.code} />
            </code>
            <Foreign text={order.failure.detail} />
          </Fact>
        )}
      </dl>
      <Notes metadata={order.metadata} />
    </Card>
  )
}
