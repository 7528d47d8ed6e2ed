import { Button } from "@mantine/core"
import { useNow } from "../clock.ts"
import { Badge } from "../parts/Badge.tsx"
import { Card } from "../parts/Card.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Moment } from "../parts/Moment.tsx"
import { Mono } from "../parts/Mono.tsx"
import { NotTaken } from "../parts/NotTaken.tsx"
import { standing } from "../parts/Standing.ts"
import { useSession } from "../session.tsx"
import { apps as texts } from "../words/apps.ts"
import { useFormats } from "../words/Formats.ts"
import { useWords } from "../words/Words.ts"
import type { App, Endpoint } from "./App.ts"
import css from "./apps.module.css"
import type { Wanted } from "./useChanges.tsx"

type Ask = (wanted: Wanted) => void

const Delivery = ({ endpoint }: { readonly endpoint: Endpoint }) => {
  const text = useWords(texts)
  const { count, duration } = useFormats()
  const nowMillis = Math.max(useNow(10_000), Date.now())
  const { waiting, oldestSeconds, stopped } = endpoint
  const how = standing({ ...endpoint, stopped: stopped?.reason ?? null }, nowMillis)
  const behind = waiting === 0 ? null : text.behind(count(waiting), duration(oldestSeconds))
  if (stopped === null)
    return (
      <div className={css["name"]}>
        <span className={css["marks"]}>
          {behind === null ? <Badge tone="good">{text.delivering}</Badge> : <Badge tone="warn">{behind}</Badge>}
        </span>
        {how.is === "failing" ? <NotTaken {...how} nowMillis={nowMillis} /> : null}
      </div>
    )
  return (
    <span className={css["name"]}>
      <span className={css["marks"]}>
        <Badge tone="bad">{text.stopped}</Badge>
        <span>
          {text.stoppedSince} <Moment at={stopped.since} />
        </span>
        {behind === null ? null : <Badge tone="warn">{behind}</Badge>}
      </span>
      <bdi className="muted">{stopped.reason}</bdi>
    </span>
  )
}

const Buttons = ({ endpoint, ask }: { readonly endpoint: Endpoint; readonly ask: Ask }) => {
  const text = useWords(texts)
  const { id, stopped, secrets } = endpoint
  const types = [
    ...(stopped === null ? (["stopEndpoint"] as const) : (["startEndpoint"] as const)),
    ...(secrets > 1 ? (["endOldSecret"] as const) : (["rotateSecret"] as const)),
    "removeEndpoint"
  ] as const
  return (
    <fieldset className={css["group"]} aria-label={text.actionsOf(endpoint.url)}>
      {types.map((type) => (
        <Button
          key={type}
          size="xs"
          {...(type === "removeEndpoint"
            ? { color: "red", variant: "light" }
            : { variant: type === "startEndpoint" ? "filled" : "default" })}
          onClick={() => ask({ type, endpoint: id })}
        >
          {text[type]}
        </Button>
      ))}
    </fieldset>
  )
}

const One = ({ endpoint, ask }: { readonly endpoint: Endpoint; readonly ask: Ask }) => {
  const text = useWords(texts)
  const { may } = useSession()
  return (
    <li className={css["endpoint"]}>
      <div className={css["endpointHead"]}>
        <h3 className={`${css["url"]} mono`} translate="no">
          <bdi>{endpoint.url}</bdi>
        </h3>
        <Mono value={endpoint.id} />
      </div>
      <dl className={css["facts"]}>
        <div>
          <dt>{text.delivery}</dt>
          <dd>
            <Delivery endpoint={endpoint} />
          </dd>
        </div>
        <div>
          <dt>{text.secrets}</dt>
          <dd>{endpoint.secrets > 1 ? <Badge tone="info">{text.twoSecrets}</Badge> : text.oneSecret}</dd>
        </div>
        <div>
          <dt>{text.events}</dt>
          <dd>
            {endpoint.events === null ? (
              text.allEvents
            ) : (
              <span className={css["tags"]}>
                {endpoint.events.map((event) => (
                  <code key={event} className="mono">
                    {event}
                  </code>
                ))}
              </span>
            )}
          </dd>
        </div>
      </dl>
      {may("administrator") ? <Buttons endpoint={endpoint} ask={ask} /> : null}
    </li>
  )
}

/** Where an app is told what happens, and how far that is behind. */
export const Endpoints = ({ app: { endpoints }, ask }: { readonly app: App; readonly ask: Ask }) => {
  const text = useWords(texts)
  const { may } = useSession()
  return (
    <Card
      title={text.endpoints}
      flush
      actions={
        may("administrator") ? (
          <Button size="xs" variant="default" onClick={() => ask({ type: "addEndpoint" })}>
            {text.addEndpoint}
          </Button>
        ) : undefined
      }
    >
      {endpoints.length === 0 ? (
        <Empty title={text.noEndpoints}>{text.noEndpointsTold}</Empty>
      ) : (
        <ul className={css["endpoints"]} aria-label={text.endpoints}>
          {endpoints.map((endpoint) => (
            <One key={endpoint.id} endpoint={endpoint} ask={ask} />
          ))}
        </ul>
      )}
    </Card>
  )
}
