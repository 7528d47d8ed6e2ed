import { IconScale } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { call } from "../Admin.ts"
import { Calendar, Legend } from "../days/Calendar.tsx"
import { type Day, stateOf } from "../days/Day.ts"
import { DayState } from "../days/DayState.tsx"
import css from "../days/days.module.css"
import { OpenKinds } from "../days/Kinds.tsx"
import { RunAny } from "../days/Run.tsx"
import { Card } from "../parts/Card.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { Moment } from "../parts/Moment.tsx"
import { Page } from "../parts/Page.tsx"
import { Cell, Table } from "../parts/Table.tsx"
import { useSession } from "../session.tsx"
import { days as texts } from "../words/days.ts"
import { useFormats } from "../words/Formats.ts"
import { useWords } from "../words/Words.ts"

const calmMillis = 30_000
const runningMillis = 2000
const firstShown = 8
const troubled: ReadonlySet<string> = new Set(["failed", "open", "running"])

const isRunning = (day: Day): boolean => stateOf(day, Date.now()) === "running"

const Row = ({ day }: { readonly day: Day }) => {
  const text = useWords(texts)
  const { count } = useFormats()
  return (
    <tr>
      <Cell head label={text.day}>
        <Link
          to="/reconciliation/$vendor/$day"
          params={{ vendor: day.vendor, day: day.day }}
          className={`link figures ${css["date"]}`}
        >
          {day.day}
        </Link>
      </Cell>
      <Cell label={text.vendor}>
        <bdi>{day.vendor}</bdi>
      </Cell>
      <Cell label={text.state}>
        <DayState day={day} />
      </Cell>
      <Cell label={text.found}>
        {day.fault === null ? <OpenKinds day={day} /> : <bdi className={css["fault"]}>{day.fault}</bdi>}
      </Cell>
      <Cell label={text.lines} align="end">
        {day.lines === null ? <span className="muted">–</span> : count(day.lines)}
      </Cell>
      <Cell label={text.matched} align="end">
        {day.matched === null ? <span className="muted">–</span> : count(day.matched)}
      </Cell>
      <Cell label={text.finished}>
        <Moment at={day.finishedAt} />
      </Cell>
    </tr>
  )
}

const ToLookAt = ({ days }: { readonly days: ReadonlyArray<Day> }) => {
  const text = useWords(texts)
  const { count } = useFormats()
  const [isAll, setAll] = useState(false)
  const found = days.filter((day) => troubled.has(stateOf(day, Date.now())))
  if (found.length === 0)
    return (
      <Card title={text.toLook}>
        <Empty title={text.nothingToLook}>{text.nothingToLookTold}</Empty>
      </Card>
    )
  return (
    <Card title={text.toLook} flush>
      <Table
        caption={text.toLook}
        cards
        columns={[
          { label: text.day },
          { label: text.vendor },
          { label: text.state },
          { label: text.found },
          { label: text.lines, align: "end" },
          { label: text.matched, align: "end" },
          { label: text.finished }
        ]}
      >
        {(isAll ? found : found.slice(0, firstShown)).map((day) => (
          <Row key={`${day.vendor} ${day.day}`} day={day} />
        ))}
      </Table>
      {found.length <= firstShown ? null : (
        <p className="foot">
          <button type="button" className="link" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
            {isAll ? text.less : text.all(count(found.length))}
          </button>
        </p>
      )}
    </Card>
  )
}

const Calendars = ({ days }: { readonly days: ReadonlyArray<Day> }) => {
  const text = useWords(texts)
  const vendors = [...new Set(days.map(({ vendor }) => vendor))].sort()
  return (
    <section className={css["weeks"]} aria-label={text.calendars}>
      <div className={css["weeksHead"]}>
        <p className="muted">{text.calendars}</p>
        <Legend />
      </div>
      <div className={css["calendars"]}>
        {vendors.map((vendor) => (
          <Calendar key={vendor} vendor={vendor} days={days.filter((day) => day.vendor === vendor)} />
        ))}
      </div>
    </section>
  )
}

const Run = () => {
  const { data } = useQuery({ queryKey: ["vendors"], queryFn: ({ signal }) => call("vendors.list", {}, signal) })
  const vendors = (data ?? []).filter(({ can }) => can.includes("bill")).map(({ name }) => name)
  return vendors.length === 0 ? null : <RunAny vendors={vendors} />
}

/** Vendors' bills against our orders, day by day. */
export const Reconciliation = () => {
  const text = useWords(texts)
  const { may } = useSession()
  const query = useQuery({
    queryKey: ["days"],
    queryFn: ({ signal }) => call("reconciliation.days", {}, signal),
    refetchInterval: ({ state }) => (state.data?.some(isRunning) === true ? runningMillis : calmMillis)
  })
  return (
    <Page title={text.title} lead={text.lead} {...(may("operator") ? { actions: <Run /> } : {})}>
      <Loaded query={query} what={text.failed} rows={10}>
        {(days) =>
          days.length === 0 ? (
            <Card title={text.title}>
              <Empty title={text.none} icon={<IconScale size={32} stroke={1.5} />}>
                {text.noneTold}
              </Empty>
            </Card>
          ) : (
            <>
              <ToLookAt days={days} />
              <Calendars days={days} />
            </>
          )
        }
      </Loaded>
    </Page>
  )
}
