import { IconApps } from "@tabler/icons-react"
import { useApps } from "../apps/App.ts"
import { AppTable } from "../apps/AppTable.tsx"
import { NewApp } from "../apps/NewApp.tsx"
import { Card } from "../parts/Card.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { Page } from "../parts/Page.tsx"
import { useSession } from "../session.tsx"
import { apps as texts } from "../words/apps.ts"
import { useWords } from "../words/Words.ts"

/** Business systems. */
export const Apps = () => {
  const text = useWords(texts)
  const { may } = useSession()
  const query = useApps()
  return (
    <Page title={text.title} lead={text.lead} {...(may("administrator") ? { actions: <NewApp /> } : {})}>
      <Loaded query={query} what={text.failed} rows={8}>
        {(apps) => (
          <Card title={text.title} isNamed={false} flush>
            {apps.length === 0 ? (
              <Empty title={text.none} icon={<IconApps size={32} stroke={1.5} />}>
                {text.noneTold}
              </Empty>
            ) : (
              <AppTable apps={apps} />
            )}
          </Card>
        )}
      </Loaded>
    </Page>
  )
}
