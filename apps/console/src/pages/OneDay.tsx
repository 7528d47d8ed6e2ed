import { Button, SegmentedControl } from "@mantine/core"
import { IconDownload, IconScale } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { useNavigate, useParams, useSearch } from "@tanstack/react-router"
import { address, call } from "../Admin.ts"
import { useNow } from "../clock.ts"
import { countOf, type Day, type Status, stateOf } from "../days/Day.ts"
import { DayState } from "../days/DayState.tsx"
import { DifferenceItem } from "../days/Difference.tsx"
import css from "../days/days.module.css"
import { RunOne } from "../days/Run.tsx"
import { ByKind, Summary, Totals } from "../days/Summary.tsx"
import { Card } from "../parts/Card.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { Page } from "../parts/Page.tsx"
import { Paged, usePaged } from "../parts/Paged.tsx"
import { useSession } from "../session.tsx"
import { days as daysTexts, day as texts } from "../words/days.ts"
import { useFormats } from "../words/Formats.ts"
import { useWords } from "../words/Words.ts"

const calmMillis = 30_000
const runningMillis = 2000

type Shown = Status | "all"
const statuses: ReadonlyArray<Shown> = ["open", "awaited", "resolved", "all"]

const Differences = ({ day }: { readonly day: Day }) => {
  const text = useWords(texts)
  const { count } = useFormats()
  const navigate = useNavigate()
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false })
  const usual: Shown = countOf(day, "open") > 0 ? "open" : "all"
  const shown = statuses.find((status) => status === search["status"]) ?? usual
  const { vendor, day: date } = day
  const query = usePaged(["differences", vendor, date, day.run, shown], (cursor, signal) =>
    call(
      "reconciliation.differences",
      { path: { vendor, day: date }, query: { status: shown === "all" ? undefined : shown, cursor } },
      signal
    )
  )
  const total = day.differences.reduce((sum, one) => sum + one.count, 0)
  const counted = (status: Shown) => count(status === "all" ? total : countOf(day, status))
  const go = (status: string) =>
    void navigate({ to: ".", search: { status } as never, replace: true, resetScroll: false })
  return (
    <Card
      title={text.differences}
      flush
      {...(total === 0
        ? {}
        : {
            actions: (
              <SegmentedControl
                size="xs"
                aria-label={text.which}
                value={shown}
                onChange={go}
                data={statuses.map((status) => ({ value: status, label: `${text[status]} ${counted(status)}` }))}
              />
            )
          })}
    >
      <Paged
        query={query}
        what={text.differencesFailed}
        rows={8}
        empty={
          total === 0 ? (
            <Empty title={text.noneTitle} icon={<IconScale size={32} stroke={1.5} />}>
              {text.noneTold}
            </Empty>
          ) : (
            <Empty title={shown === "open" ? text.noneOpenTitle : text.noneTitle}>{text.noneOfStatus}</Empty>
          )
        }
      >
        {(items) => (
          <ul className={css["list"]} aria-label={text.differences}>
            {items.map((one) => (
              <DifferenceItem key={one.id} of={one} vendor={vendor} day={date} />
            ))}
          </ul>
        )}
      </Paged>
    </Card>
  )
}

const Found = ({ day }: { readonly day: Day }) => (
  <>
    {day.fault === null ? null : <Fault fault={day.fault} />}
    <div className={css["pair"]}>
      <Summary day={day} />
      <Totals day={day} />
      <ByKind day={day} />
    </div>
    {day.run === 0 ? null : <Differences day={day} />}
  </>
)

const Fault = ({ fault }: { readonly fault: string }) => {
  const text = useWords(texts)
  return (
    <div className={css["notice"]} role="alert">
      <strong>{text.fault}</strong>
      <p>
        <bdi>{fault}</bdi>
      </p>
    </div>
  )
}

/** One day of a vendor: totals, and what differs. */
export const OneDay = () => {
  const text = useWords(texts)
  const { title } = useWords(daysTexts)
  const { may } = useSession()
  const { vendor = "", day: date = "" } = useParams({ strict: false })
  const nowMillis = useNow(60_000)
  const query = useQuery({
    queryKey: ["days", vendor],
    queryFn: ({ signal }) => call("reconciliation.days", { query: { vendor } }, signal),
    refetchInterval: ({ state }) =>
      state.data?.some((one) => one.day === date && stateOf(one, Date.now()) === "running") === true
        ? runningMillis
        : calmMillis
  })
  const day = query.data?.find((one) => one.day === date)
  const isRunning = day !== undefined && stateOf(day, nowMillis) === "running"
  const isFirst = day === undefined || day.run === 0
  return (
    <Page
      title={`${vendor} ${date}`}
      crumbs={[{ label: title, to: "/reconciliation" }]}
      {...(day === undefined ? {} : { mark: <DayState day={day} /> })}
      actions={
        <>
          {isFirst ? null : (
            <Button
              component="a"
              href={address("reconciliation.report", { path: { vendor, day: date } })}
              download
              variant="default"
              leftSection={<IconDownload size={16} aria-hidden />}
            >
              {text.csv}
            </Button>
          )}
          {may("operator") && query.data !== undefined ? (
            <RunOne vendor={vendor} day={date} isFirst={isFirst} isRunning={isRunning} />
          ) : null}
        </>
      }
    >
      <Loaded query={query} what={text.failed} rows={10}>
        {() =>
          day === undefined ? (
            <Card title={text.differences}>
              <Empty title={text.unknown} icon={<IconScale size={32} stroke={1.5} />}>
                {text.unknownTold}
              </Empty>
            </Card>
          ) : (
            <Found day={day} />
          )
        }
      </Loaded>
    </Page>
  )
}
