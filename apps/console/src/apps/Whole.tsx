import { Button } from "@mantine/core"
import { Card } from "../parts/Card.tsx"
import { useSession } from "../session.tsx"
import { apps as texts } from "../words/apps.ts"
import { useFormats } from "../words/Formats.ts"
import { useWords } from "../words/Words.ts"
import type { App } from "./App.ts"
import css from "./apps.module.css"
import type { Wanted } from "./useChanges.tsx"

/** What an app may do in a second. */
export const Limits = ({ app: { limits }, ask }: { readonly app: App; readonly ask: (wanted: Wanted) => void }) => {
  const text = useWords(texts)
  const { count } = useFormats()
  const { may } = useSession()
  const figures = [
    [text.createsLabel, limits.createsPerSecond],
    [text.readsLabel, limits.readsPerSecond],
    [text.streamsLabel, limits.streams]
  ] as const
  return (
    <Card
      title={text.limits}
      actions={
        may("administrator") ? (
          <Button size="xs" variant="default" onClick={() => ask({ type: "setLimits" })}>
            {text.edit}
          </Button>
        ) : undefined
      }
    >
      <dl className={css["figures"]}>
        {figures.map(([label, limit]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{limit === null ? <span className="muted">{text.unlimited}</span> : count(limit)}</dd>
          </div>
        ))}
      </dl>
      <p className="muted">{text.perGateway}</p>
    </Card>
  )
}
