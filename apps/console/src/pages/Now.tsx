import { IconActivity } from "@tabler/icons-react"
import { Link } from "@tanstack/react-router"
import { Charts } from "../now/Charts.tsx"
import { TroubledLists, Waiting } from "../now/Lists.tsx"
import css from "../now/now.module.css"
import { isQuiet } from "../now/Series.ts"
import { Tiles } from "../now/Tiles.tsx"
import { type Overview, useOverview } from "../overview.ts"
import { Card } from "../parts/Card.tsx"
import { Empty } from "../parts/Empty.tsx"
import { LiveMark } from "../parts/LiveMark.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { Page } from "../parts/Page.tsx"
import { now as texts } from "../words/now.ts"
import { useWords } from "../words/Words.ts"

const Quiet = ({ vendors }: Pick<Overview, "vendors">) => {
  const text = useWords(texts)
  const hasVendors = vendors.length > 0
  return (
    <Card title={text.lastHour}>
      <Empty title={hasVendors ? text.nothingYet : text.noVendor} icon={<IconActivity size={32} stroke={1.5} />}>
        {hasVendors ? text.nothingYetTold : text.noVendorTold}
        <span className={css["links"]}>
          <Link to="/apps" className="link">
            {text.toApps}
          </Link>
          <Link to="/vendors" className="link">
            {text.toVendors}
          </Link>
        </span>
      </Empty>
    </Card>
  )
}

/** How the whole stands, live. */
export const Now = () => {
  const text = useWords(texts)
  const { live, query } = useOverview()
  return (
    <Page
      title={text.title}
      lead={text.lead}
      mark={<LiveMark live={live} atMillis={query.dataUpdatedAt === 0 ? null : query.dataUpdatedAt} />}
    >
      <Loaded query={query} what={text.loadFailed} rows={12}>
        {(overview) => (
          <>
            <Tiles overview={overview} />
            {isQuiet(overview.vendors) ? <Quiet vendors={overview.vendors} /> : <Charts overview={overview} />}
            <TroubledLists overview={overview} />
            <Waiting overview={overview} />
          </>
        )}
      </Loaded>
    </Page>
  )
}
