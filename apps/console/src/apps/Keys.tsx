import { Button } from "@mantine/core"
import { useState } from "react"
import { Badge } from "../parts/Badge.tsx"
import { Card } from "../parts/Card.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Moment } from "../parts/Moment.tsx"
import { Mono } from "../parts/Mono.tsx"
import { Cell, Table } from "../parts/Table.tsx"
import { useSession } from "../session.tsx"
import { apps as texts } from "../words/apps.ts"
import { useFormats } from "../words/Formats.ts"
import { useWords } from "../words/Words.ts"
import type { App, Key } from "./App.ts"
import type { Wanted } from "./useChanges.tsx"

const Row = ({ of, ask }: { readonly of: Key; readonly ask: (wanted: Wanted) => void }) => {
  const text = useWords(texts)
  const { may } = useSession()
  const isEnding = of.isActive && of.endsAt !== null
  return (
    <tr>
      <Cell head label={text.keyId}>
        <Mono value={of.keyId} />
      </Cell>
      <Cell label={text.state}>
        <Badge tone={isEnding ? "info" : of.isActive ? "good" : "plain"}>
          {isEnding ? text.ending : of.isActive ? text.active : text.ended}
        </Badge>
      </Cell>
      <Cell label={text.created}>
        <Moment at={of.createdAt} />
      </Cell>
      <Cell label={text.ends}>
        {of.endsAt === null ? <span className="muted">{text.never}</span> : <Moment at={of.endsAt} />}
      </Cell>
      {may("administrator") ? (
        <Cell label="" align="end">
          {of.isActive ? (
            <Button
              size="compact-xs"
              variant="light"
              color="red"
              onClick={() => ask({ type: "revokeKey", keyId: of.keyId })}
              aria-label={`${text.revokeKey} ${of.keyId}`}
            >
              {text.revokeKey}
            </Button>
          ) : null}
        </Cell>
      ) : null}
    </tr>
  )
}

/** An app's keys: those that open, and on demand those that ended. */
export const Keys = ({ app: { keys }, ask }: { readonly app: App; readonly ask: (wanted: Wanted) => void }) => {
  const text = useWords(texts)
  const { count } = useFormats()
  const { may } = useSession()
  const [isAll, setAll] = useState(false)
  const active = keys.filter(({ isActive }) => isActive)
  const ended = keys.filter(({ isActive }) => !isActive)
  const shown = isAll ? [...active, ...ended] : active
  const columns = [
    { label: text.keyId },
    { label: text.state },
    { label: text.created },
    { label: text.ends },
    ...(may("administrator") ? [{ label: text.actions, isHidden: true }] : [])
  ]
  return (
    <Card
      title={text.keys}
      flush
      actions={
        may("administrator") ? (
          <>
            {active.length < 2 ? (
              <Button
                size="xs"
                variant={active.length === 0 ? "filled" : "default"}
                onClick={() => ask({ type: "addKey" })}
              >
                {text.addKey}
              </Button>
            ) : null}
            {active.length > 0 ? (
              <Button size="xs" variant="default" onClick={() => ask({ type: "rotateKey" })}>
                {text.rotateKey}
              </Button>
            ) : null}
          </>
        ) : undefined
      }
    >
      {shown.length === 0 ? (
        <Empty title={text.noKeys}>{text.noKeysTold}</Empty>
      ) : (
        <Table caption={text.keys} columns={columns} cards>
          {shown.map((key) => (
            <Row key={key.keyId} of={key} ask={ask} />
          ))}
        </Table>
      )}
      {ended.length === 0 && active.length < 2 ? null : (
        <p className="foot muted">
          {active.length < 2 ? null : `${text.atMostTwo} `}
          {ended.length === 0 ? null : (
            <button type="button" className="link" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
              {isAll ? text.hideEnded : text.endedKeys(count(ended.length))}
            </button>
          )}
        </p>
      )}
    </Card>
  )
}
