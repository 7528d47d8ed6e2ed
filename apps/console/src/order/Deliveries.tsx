import { Button } from "@mantine/core"
import { IconRefresh } from "@tabler/icons-react"
import { useState } from "react"
import { call } from "../Admin.ts"
import { useNow } from "../clock.ts"
import { Badge } from "../parts/Badge.tsx"
import { Card } from "../parts/Card.tsx"
import { Foreign } from "../parts/Foreign.tsx"
import { Moment } from "../parts/Moment.tsx"
import { Mono } from "../parts/Mono.tsx"
import { ReasonDialog } from "../parts/ReasonDialog.tsx"
import { Status } from "../parts/Status.tsx"
import { useSession } from "../session.tsx"
import { order as texts } from "../words/order.ts"
import { useWords } from "../words/Words.ts"
import { RawText } from "./Evidence.tsx"
import css from "./Order.module.css"
import { changesOf, type Detail } from "./useOrder.ts"
import { waitsFor } from "./Waits.ts"

type Delivery = Detail["deliveries"][number]

const Tries = ({ tries }: { readonly tries: Delivery["tries"] }) => {
  const t = useWords(texts)
  if (tries.length === 0) return null
  return (
    <ol className={css["tries"]} aria-label={t.tries(tries.length)}>
      {tries.map(({ at, status, millis, said }) => (
        <li key={at}>
          <Moment at={at} as="full" />
          <Badge tone={status !== null && status < 300 ? "good" : "bad"}>{status ?? "–"}</Badge>
          <span className="muted figures">{millis} ms</span>
          {said === "" ? null : (
            <span className={css["said"]}>
              <Foreign text={said} mono />
            </span>
          )}
        </li>
      ))}
    </ol>
  )
}

const Next = ({ delivery, all }: { readonly delivery: Delivery; readonly all: ReadonlyArray<Delivery> }) => {
  const t = useWords(texts)
  const nowMillis = Math.max(useNow(10_000), Date.now())
  switch (waitsFor(delivery, all, nowMillis)) {
    case null:
      return null
    case "time":
      return (
        <>
          {" · "}
          {t.nextTry} <Moment at={delivery.nextAt} />
        </>
      )
    case "turn":
      return ` · ${t.waitsTurn}`
    case "endpoint":
      return ` · ${t.waitsEndpoint}`
  }
}

const One = ({
  delivery,
  all,
  resend
}: {
  readonly delivery: Delivery
  readonly all: ReadonlyArray<Delivery>
  readonly resend: (() => void) | null
}) => {
  const t = useWords(texts)
  const { type, state, tries, url, eventId, createdAt, body, version } = delivery
  const last = tries.at(-1)
  return (
    <li className={css["delivery"]}>
      <div className={css["deliveryHead"]}>
        <code className={`mono ${css["strong"]}`}>{type}</code>
        <Status status={state} bare />
        <span className="muted">
          {t.versionShort(version)} · <Moment at={createdAt} as="full" />
        </span>
        {resend === null ? null : (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconRefresh size={13} aria-hidden />}
            onClick={resend}
          >
            {t.resend}
          </Button>
        )}
      </div>
      {url === null ? (
        <p className="muted">{t.keptOnly}</p>
      ) : (
        <p className={css["to"]}>
          <span className="muted">{t.to}</span> <Foreign text={url} line mono />
        </p>
      )}
      <p className={`${css["small"]} muted`}>
        {tries.length === 0 ? t.noTries : t.tries(tries.length)}
        {last === undefined
          ? null
          : last.status === null
            ? ` · ${last.said.slice(0, 80)}`
            : ` · ${t.answered(last.status, `${last.millis} ms`)}`}
        <Next delivery={delivery} all={all} />
      </p>
      <details className={css["evidence"]}>
        <summary>
          {t.said} · {t.body}
        </summary>
        <Tries tries={tries} />
        <p className={css["small"]}>
          {t.event} <Mono value={eventId} />
        </p>
        <RawText text={body} label={t.body} />
      </details>
    </li>
  )
}

/** What the app was told, each try with its answer; told again by whoever may. */
export const Deliveries = ({ detail }: { readonly detail: Detail }) => {
  const t = useWords(texts)
  const { may } = useSession()
  const [eventId, setEventId] = useState("")
  const [isOpen, setOpen] = useState(false)
  const events = new Set<string>()
  return (
    <Card title={t.deliveries}>
      {detail.deliveries.length === 0 ? (
        <p className="muted">{t.noDeliveries}</p>
      ) : (
        <ol className={css["deliveries"]}>
          {detail.deliveries.map((delivery) => {
            // An event goes to all of its endpoints again: one button is enough.
            const isFirst = !events.has(delivery.eventId)
            events.add(delivery.eventId)
            const resend = () => {
              setEventId(delivery.eventId)
              setOpen(true)
            }
            return (
              <One
                key={delivery.id}
                delivery={delivery}
                all={detail.deliveries}
                resend={isFirst && may("operator") ? resend : null}
              />
            )
          })}
        </ol>
      )}
      <ReasonDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={t.resendTitle}
        explain={t.resendTold}
        confirm={t.resend}
        act={(reason) => call("orders.resend", { path: { eventId }, body: { reason } })}
        done={({ deliveries }) => t.resent(deliveries)}
        changes={changesOf(detail.order.payOrderNo)}
      />
    </Card>
  )
}
