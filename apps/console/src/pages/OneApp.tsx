import { Button } from "@mantine/core"
import { IconApps } from "@tabler/icons-react"
import { Link, useParams } from "@tanstack/react-router"
import { type App, useApps } from "../apps/App.ts"
import { AppState } from "../apps/AppTable.tsx"
import css from "../apps/apps.module.css"
import { Endpoints } from "../apps/Endpoints.tsx"
import { Keys } from "../apps/Keys.tsx"
import { useChanges } from "../apps/useChanges.tsx"
import { Limits } from "../apps/Whole.tsx"
import { Card } from "../parts/Card.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { Page } from "../parts/Page.tsx"
import { ProposalList } from "../proposals/Proposal.tsx"
import { useSession } from "../session.tsx"
import { apps as texts } from "../words/apps.ts"
import { useWords } from "../words/Words.ts"

const Found = ({ app }: { readonly app: App }) => {
  const text = useWords(texts)
  const { may } = useSession()
  const { ask, dialogs } = useChanges(app)
  const toggle = app.isDisabled ? "enable" : "disable"
  return (
    <Page
      title={app.id}
      lead={<bdi>{app.name}</bdi>}
      crumbs={[{ label: text.title, to: "/apps" }]}
      mark={<AppState app={app} />}
      {...(may("administrator")
        ? {
            actions: (
              <Button
                variant={app.isDisabled ? "filled" : "light"}
                {...(app.isDisabled ? {} : { color: "red" })}
                onClick={() => ask({ type: toggle })}
              >
                {text[toggle]}
              </Button>
            )
          }
        : {})}
    >
      {app.isDisabled ? <p className={css["notice"]}>{text.disabledTold}</p> : null}
      {app.proposals.length === 0 ? null : (
        <Card title={text.proposals} flush>
          <ProposalList proposals={app.proposals} label={text.proposals} home={app.id} />
        </Card>
      )}
      <div className={css["pair"]}>
        <Keys app={app} ask={ask} />
        <Limits app={app} ask={ask} />
      </div>
      <Endpoints app={app} ask={ask} />
      {dialogs}
    </Page>
  )
}

/** One business system: its keys, endpoints and limits. */
export const OneApp = () => {
  const text = useWords(texts)
  const { app: id = "" } = useParams({ strict: false })
  const query = useApps()
  const app = query.data?.find((one) => one.id === id)
  if (app !== undefined) return <Found app={app} />
  return (
    <Page title={id} crumbs={[{ label: text.title, to: "/apps" }]}>
      <Loaded query={query} what={text.failed} rows={8}>
        {() => (
          <Card title={text.missing}>
            <Empty title={text.missing} icon={<IconApps size={32} stroke={1.5} />}>
              <p>{text.missingTold}</p>
              <Link to="/apps" className="link">
                {text.toApps}
              </Link>
            </Empty>
          </Card>
        )}
      </Loaded>
    </Page>
  )
}
