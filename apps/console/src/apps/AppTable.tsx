import { Link } from "@tanstack/react-router"
import { Badge } from "../parts/Badge.tsx"
import { Cell, Table } from "../parts/Table.tsx"
import { apps as texts } from "../words/apps.ts"
import { useFormats } from "../words/Formats.ts"
import { useWords } from "../words/Words.ts"
import type { App } from "./App.ts"
import css from "./apps.module.css"

/** Whether an app is open, in a word and a colour. */
export const AppState = ({ app: { isDisabled } }: { readonly app: App }) => {
  const text = useWords(texts)
  return <Badge tone={isDisabled ? "bad" : "good"}>{isDisabled ? text.disabledState : text.openState}</Badge>
}

const Keys = ({ app: { keys } }: { readonly app: App }) => {
  const text = useWords(texts)
  const { count } = useFormats()
  const active = keys.filter(({ isActive }) => isActive)
  if (active.length === 0) return <Badge tone="warn">{text.noKey}</Badge>
  return (
    <span className={css["marks"]}>
      {text.activeKeys(count(active.length))}
      {active.some(({ endsAt }) => endsAt !== null) ? <Badge tone="info">{text.keyEnds}</Badge> : null}
    </span>
  )
}

const Endpoints = ({ app: { endpoints } }: { readonly app: App }) => {
  const text = useWords(texts)
  const { count } = useFormats()
  if (endpoints.length === 0) return <span className="muted">{text.noEndpoint}</span>
  const stopped = endpoints.filter((endpoint) => endpoint.stopped !== null).length
  const waiting = endpoints.reduce((sum, endpoint) => sum + endpoint.waiting, 0)
  return (
    <span className={css["marks"]}>
      {count(endpoints.length)}
      {stopped === 0 ? null : <Badge tone="bad">{text.stoppedCount(count(stopped))}</Badge>}
      {waiting === 0 ? null : <Badge tone="warn">{text.behindCount(count(waiting))}</Badge>}
    </span>
  )
}

const Limits = ({ app: { limits } }: { readonly app: App }) => {
  const text = useWords(texts)
  const { count } = useFormats()
  const { createsPerSecond, readsPerSecond, streams } = limits
  if (createsPerSecond === null && readsPerSecond === null && streams === null)
    return <span className="muted">{text.unlimited}</span>
  return (
    <span className={css["limits"]}>
      {createsPerSecond === null ? null : <span>{text.creates(count(createsPerSecond))}</span>}
      {readsPerSecond === null ? null : <span>{text.reads(count(readsPerSecond))}</span>}
      {streams === null ? null : <span>{text.streams(count(streams))}</span>}
    </span>
  )
}

const Row = ({ app }: { readonly app: App }) => {
  const text = useWords(texts)
  const { count } = useFormats()
  const waiting = app.proposals.length
  return (
    <tr>
      <Cell head label={text.app}>
        <span className={css["name"]}>
          <Link to="/apps/$app" params={{ app: app.id }} className="link mono" translate="no">
            {app.id}
          </Link>
          <small>
            <bdi>{app.name}</bdi>
          </small>
        </span>
      </Cell>
      <Cell label={text.state}>
        <AppState app={app} />
      </Cell>
      <Cell label={text.keys}>
        <Keys app={app} />
      </Cell>
      <Cell label={text.endpoints}>
        <Endpoints app={app} />
      </Cell>
      <Cell label={text.limits}>
        <Limits app={app} />
      </Cell>
      <Cell label={text.waits}>
        {waiting === 0 ? (
          <span className="muted">–</span>
        ) : (
          <Badge tone="info">{text.proposalsOpen(count(waiting))}</Badge>
        )}
      </Cell>
    </tr>
  )
}

/** Apps with what one looks for first. */
export const AppTable = ({ apps }: { readonly apps: ReadonlyArray<App> }) => {
  const text = useWords(texts)
  const labels = [text.app, text.state, text.keys, text.endpoints, text.limits, text.waits]
  return (
    <Table caption={text.title} columns={labels.map((label) => ({ label }))} cards>
      {apps.map((app) => (
        <Row key={app.id} app={app} />
      ))}
    </Table>
  )
}
