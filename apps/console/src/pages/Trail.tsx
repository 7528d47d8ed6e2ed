import { Button, TextInput } from "@mantine/core"
import { IconArrowUpRight, IconHistory } from "@tabler/icons-react"
import { Link, useNavigate, useSearch } from "@tanstack/react-router"
import { type FormEvent, useEffect, useState } from "react"
import { type Answer, call } from "../Admin.ts"
import { Badge } from "../parts/Badge.tsx"
import { Card } from "../parts/Card.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Moment } from "../parts/Moment.tsx"
import { Page } from "../parts/Page.tsx"
import { Paged, usePaged } from "../parts/Paged.tsx"
import { Cell, Table } from "../parts/Table.tsx"
import { Only } from "../people/Only.tsx"
import { placeOf } from "../people/Place.ts"
import css from "../people/people.module.css"
import { useSession } from "../session.tsx"
import { titles } from "../words/problems.ts"
import { deeds as deedTexts, trail as texts } from "../words/trail.ts"
import { useLanguage, useWords } from "../words/Words.ts"

type Deed = Answer<"operators.trail">["items"][number]
type Filter = { readonly operator: string; readonly subject: string }
type Choose = (part: Partial<Filter>) => void

const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value).trim() : ""

const Action = ({ action }: { readonly action: string }) => {
  const texts: Readonly<Record<string, string>> = useWords(deedTexts)
  const word = texts[action.replaceAll(/[.-]/g, "_")]
  return (
    <span className={css["action"]}>
      {word === undefined ? null : <span>{word}</span>}
      <span className={css["machine"]}>{action}</span>
    </span>
  )
}

const Outcome = ({ outcome }: { readonly outcome: string }) => {
  const text = useWords(texts)
  const language = useLanguage()
  if (outcome === "done") return <Badge tone="good">{text.done}</Badge>
  if (outcome === "proposed") return <Badge tone="wait">{text.proposed}</Badge>
  const known = language === "zh" ? titles[outcome as keyof typeof titles] : undefined
  const plain = outcome.toLowerCase().replaceAll("_", " ")
  const title = outcome === "UNREACHED" ? text.unreached : (known ?? plain.charAt(0).toUpperCase() + plain.slice(1))
  return (
    <span className={css["action"]}>
      <span>
        <Badge tone="bad">{title}</Badge>
      </span>
      <span className={css["machine"]}>{outcome}</span>
    </span>
  )
}

const Subject = ({ deed, choose }: { readonly deed: Deed; readonly choose: Choose }) => {
  const text = useWords(texts)
  const { subject } = deed
  if (subject === null) return <span className="muted">–</span>
  const place = placeOf(deed.action, subject)
  return (
    <span className={css["subject"]}>
      <button
        type="button"
        className={`${css["choose"]} ${css["subjectText"]} link`}
        title={text.onlyOf(subject)}
        onClick={() => choose({ subject })}
      >
        <bdi>{subject}</bdi>
      </button>
      {place === null ? null : (
        <Link to={place as never} className={css["go"]} aria-label={`${text.open}: ${subject}`} title={text.open}>
          <IconArrowUpRight size={14} aria-hidden />
        </Link>
      )}
    </span>
  )
}

const Row = ({ deed, choose }: { readonly deed: Deed; readonly choose: Choose }) => {
  const text = useWords(texts)
  return (
    <tr>
      <Cell label={text.at}>
        <span className={css["when"]}>
          <Moment at={deed.at} as="full" />
        </span>
      </Cell>
      <Cell head label={text.operator}>
        <span className={css["who"]}>
          <button
            type="button"
            className={`${css["choose"]} link`}
            title={text.onlyOf(deed.operator)}
            onClick={() => choose({ operator: deed.operator })}
          >
            <bdi>{deed.operator}</bdi>
          </button>
          <span className={css["machine"]}>{deed.address ?? text.byCommand}</span>
        </span>
      </Cell>
      <Cell label={text.action}>
        <Action action={deed.action} />
      </Cell>
      <Cell label={text.subject}>
        <Subject deed={deed} choose={choose} />
      </Cell>
      <Cell label={text.reason}>
        {deed.reason === null ? <span className="muted">–</span> : <bdi className={css["reason"]}>{deed.reason}</bdi>}
      </Cell>
      <Cell label={text.outcome}>
        <Outcome outcome={deed.outcome} />
      </Cell>
    </tr>
  )
}

const FilterForm = ({ filter, choose }: { readonly filter: Filter; readonly choose: Choose }) => {
  const text = useWords(texts)
  const [given, setGiven] = useState(filter)
  const { operator, subject } = filter
  // What is chosen in the list, or by going back, is what the fields show.
  useEffect(() => setGiven({ operator, subject }), [operator, subject])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    choose({ operator: given.operator.trim(), subject: given.subject.trim() })
  }
  return (
    <search aria-label={text.filters}>
      <form className={css["filter"]} onSubmit={submit}>
        <TextInput
          label={text.operator}
          placeholder={text.operatorTold}
          value={given.operator}
          maxLength={64}
          autoComplete="off"
          onChange={(event) => setGiven({ ...given, operator: event.currentTarget.value })}
        />
        <TextInput
          label={text.subject}
          placeholder={text.subjectTold}
          value={given.subject}
          maxLength={256}
          autoComplete="off"
          onChange={(event) => setGiven({ ...given, subject: event.currentTarget.value })}
        />
        <div className={css["filterButtons"]}>
          <Button type="submit">{text.search}</Button>
          {operator === "" && subject === "" ? null : (
            <Button variant="default" onClick={() => choose({ operator: "", subject: "" })}>
              {text.clear}
            </Button>
          )}
        </div>
      </form>
    </search>
  )
}

const All = () => {
  const text = useWords(texts)
  const navigate = useNavigate()
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false })
  const filter: Filter = { operator: textOf(search["operator"]), subject: textOf(search["subject"]) }
  const choose: Choose = (part) => {
    const next = Object.entries({ ...filter, ...part }).filter(([, value]) => value !== "")
    void navigate({ to: "/trail", search: Object.fromEntries(next) as never })
  }
  const isFiltered = filter.operator !== "" || filter.subject !== ""
  const query = usePaged(["trail", filter], (cursor, signal) =>
    call(
      "operators.trail",
      {
        query: {
          operator: filter.operator === "" ? undefined : filter.operator,
          subject: filter.subject === "" ? undefined : filter.subject,
          cursor
        }
      },
      signal
    )
  )
  const labels = [text.at, text.operator, text.action, text.subject, text.reason, text.outcome]
  return (
    <Page title={text.title} lead={text.lead}>
      <FilterForm filter={filter} choose={choose} />
      <Card title={text.title} isNamed={false} flush>
        <Paged
          query={query}
          what={text.failed}
          rows={12}
          empty={
            <Empty title={isFiltered ? text.noneSuch : text.none} icon={<IconHistory size={32} stroke={1.5} />}>
              {isFiltered ? text.noneSuchTold : text.noneTold}
            </Empty>
          }
        >
          {(deeds) => (
            <Table caption={text.title} columns={labels.map((label) => ({ label }))} cards>
              {deeds.map((deed) => (
                <Row key={deed.id} deed={deed} choose={choose} />
              ))}
            </Table>
          )}
        </Paged>
      </Card>
    </Page>
  )
}

/** What operators did, and what they were refused. */
export const Trail = () => {
  const { title } = useWords(texts)
  const { may } = useSession()
  return may("administrator") ? <All /> : <Only title={title} />
}
