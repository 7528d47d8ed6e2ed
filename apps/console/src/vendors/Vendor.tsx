import { Button } from "@mantine/core"
import { IconPlugConnected } from "@tabler/icons-react"
import { type ReactNode, useState } from "react"
import { type Answer, call } from "../Admin.ts"
import { Badge, type Tone } from "../parts/Badge.tsx"
import { Card } from "../parts/Card.tsx"
import { Moment } from "../parts/Moment.tsx"
import { ReasonDialog } from "../parts/ReasonDialog.tsx"
import { useSession } from "../session.tsx"
import { useFormats } from "../words/Formats.ts"
import { abilities, vendors as texts } from "../words/vendors.ts"
import { useWords } from "../words/Words.ts"
import css from "./vendors.module.css"

/** A platform behind the proxy. */
export type Vendor = Answer<"vendors.list">[number]
type Tested = Answer<"vendors.test"> & { readonly at: string }

const tones: Readonly<Record<Vendor["health"], Tone>> = { ok: "good", degraded: "warn", down: "bad", unknown: "plain" }
const circuits: Readonly<Record<NonNullable<Vendor["circuit"]>, Tone>> = {
  closed: "good",
  open: "bad",
  "half-open": "warn"
}

/** An error rate from here on is worth a look. */
const noticeable = 0.01

const Figure = ({
  name,
  tone,
  children
}: {
  readonly name: string
  readonly tone?: Tone
  readonly children: ReactNode
}) => (
  <div data-tone={tone}>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)

const Figures = ({ vendor }: { readonly vendor: Vendor }) => {
  const text = useWords(texts)
  const { count, percent, millis } = useFormats()
  const { calls, errors, p50Millis, p99Millis } = vendor
  const rate = calls === 0 ? null : errors / calls
  const none = <span className="muted">–</span>
  return (
    <dl className={css["figures"]}>
      <Figure name={text.calls}>{count(calls)}</Figure>
      <Figure name={text.errors} {...(rate !== null && rate >= noticeable ? { tone: "bad" } : {})}>
        {rate === null ? none : percent(rate)}
      </Figure>
      <Figure name={text.p50}>{p50Millis === null ? none : millis(p50Millis)}</Figure>
      <Figure name={text.p99}>{p99Millis === null ? none : millis(p99Millis)}</Figure>
    </dl>
  )
}

const Facts = ({ vendor }: { readonly vendor: Vendor }) => {
  const text = useWords(texts)
  const { duration } = useFormats()
  const { circuit, token, can, lastAnswerAt } = vendor
  const circuitWords = { closed: text.closed, open: text.open, "half-open": text.halfOpen }
  const words: Readonly<Record<string, string>> = useWords(abilities)
  return (
    <dl className={css["facts"]}>
      <dt>{text.last}</dt>
      <dd>{lastAnswerAt === null ? <span className="muted">{text.lastNone}</span> : <Moment at={lastAnswerAt} />}</dd>
      <dt>{text.circuitName}</dt>
      <dd>
        {circuit === null ? (
          <span className="muted">{text.noCircuit}</span>
        ) : circuit === "closed" ? (
          circuitWords.closed
        ) : (
          <Badge tone={circuits[circuit]}>{circuitWords[circuit]}</Badge>
        )}
      </dd>
      <dt>{text.token}</dt>
      <dd>
        {token === null ? (
          <span className="muted">{text.noToken}</span>
        ) : token.leftSeconds === null ? (
          text.tokenAge(duration(token.ageSeconds))
        ) : (
          text.tokenTold(duration(token.ageSeconds), duration(token.leftSeconds))
        )}
      </dd>
      <dt>{text.can}</dt>
      <dd className={css["tags"]}>
        {can.map((one) => (
          <span key={one} className={css["tag"]} title={one}>
            {words[one] ?? one}
          </span>
        ))}
      </dd>
    </dl>
  )
}

/** Tries the vendor; what came of it stays on its card. */
const Test = ({ name }: { readonly name: string }) => {
  const text = useWords(texts)
  const { millis } = useFormats()
  const [isOpen, setOpen] = useState(false)
  const [tested, setTested] = useState<Tested | null>(null)
  return (
    <div className={css["test"]}>
      <div role="status" className={css["outcome"]}>
        {tested === null ? null : (
          <>
            <span className={css["outcomeHead"]}>
              <Badge tone={tested.isReached ? "good" : "bad"}>{tested.isReached ? text.reached : text.unreached}</Badge>
              <span className="figures">{millis(tested.millis)}</span>
              <span className="muted">
                {text.tested} · <Moment at={tested.at} />
              </span>
            </span>
            <span>{text[tested.outcome]}</span>
            {tested.outcome === "knows-us" ? null : <bdi className="muted">{tested.detail}</bdi>}
          </>
        )}
      </div>
      <div>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlugConnected size={16} aria-hidden />}
          onClick={() => setOpen(true)}
          aria-label={`${text.test}: ${name}`}
        >
          {text.test}
        </Button>
      </div>
      <ReasonDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={text.testTitle(name)}
        explain={<p>{text.testTold}</p>}
        confirm={text.testIt}
        act={(reason) => call("vendors.test", { path: { vendor: name }, body: { reason } })}
        done={(answer) => {
          setTested({ ...answer, at: new Date().toISOString() })
          return null
        }}
        changes={[["vendors"]]}
      />
    </div>
  )
}

/** How one vendor does, and a test call. */
export const VendorCard = ({ vendor }: { readonly vendor: Vendor }) => {
  const text = useWords(texts)
  const { may } = useSession()
  const { name, kind, health } = vendor
  return (
    <Card
      title={
        <>
          <bdi>{name}</bdi>
          {kind === name ? null : <span className={`${css["kind"]} mono muted`}> {kind}</span>}
        </>
      }
      actions={
        <Badge tone={tones[health]} dot title={text[`${health}Told`]}>
          {text[health]}
        </Badge>
      }
    >
      <p className={`${css["told"]} muted`}>{text[`${health}Told`]}</p>
      <Figures vendor={vendor} />
      <Facts vendor={vendor} />
      {may("operator") ? <Test name={name} /> : null}
    </Card>
  )
}
