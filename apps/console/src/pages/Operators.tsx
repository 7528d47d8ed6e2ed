import { Button, Menu } from "@mantine/core"
import { IconChevronDown } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { Link, useNavigate } from "@tanstack/react-router"
import { useRef } from "react"
import { call } from "../Admin.ts"
import { Badge, type Tone } from "../parts/Badge.tsx"
import { Card } from "../parts/Card.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { Moment } from "../parts/Moment.tsx"
import { Page } from "../parts/Page.tsx"
import { Cell, Table } from "../parts/Table.tsx"
import { NewOperator } from "../people/NewOperator.tsx"
import { Only } from "../people/Only.tsx"
import css from "../people/people.module.css"
import { type Action, actionsOf, type Operator, useChanges } from "../people/useChanges.tsx"
import { type Role, useSession } from "../session.tsx"
import { useFormats } from "../words/Formats.ts"
import { operators as texts } from "../words/operators.ts"
import { useWords } from "../words/Words.ts"

type Ask = (action: Action, operator: Operator) => void

const everyMillis = 15_000
const roleTones: Readonly<Record<Role, Tone>> = { viewer: "plain", operator: "info", administrator: "wait" }
const grave: ReadonlySet<Action> = new Set(["disable", "endSessions"])

const Actions = ({ operator, ask }: { readonly operator: Operator; readonly ask: Ask }) => {
  const text = useWords(texts)
  const navigate = useNavigate()
  const { session } = useSession()
  const button = useRef<HTMLButtonElement>(null)
  const begin = (action: Action) => {
    // Dialogs give the focus back to what had it: the menu's item is gone by then.
    button.current?.focus()
    ask(action, operator)
  }
  const actions = actionsOf(operator, operator.name === session.operator)
  const toTrail = () => void navigate({ to: "/trail", search: { operator: operator.name } as never })
  return (
    <Menu position="bottom-end" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button
          ref={button}
          size="xs"
          variant="default"
          rightSection={<IconChevronDown size={14} aria-hidden />}
          aria-label={text.actionsOf(operator.name)}
        >
          {text.actions}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map((action) => (
          <Menu.Item
            key={action}
            onClick={() => begin(action)}
            {...(grave.has(action) ? { style: { color: "var(--tone-bad-text)" } } : {})}
          >
            {text[action]}
          </Menu.Item>
        ))}
        {actions.length === 0 ? null : <Menu.Divider />}
        <Menu.Item onClick={toTrail}>{text.inTrail}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

const State = ({ operator: { isDisabled, lockedUntil } }: { readonly operator: Operator }) => {
  const text = useWords(texts)
  return (
    <span className={css["marks"]}>
      <Badge tone={isDisabled ? "bad" : "good"}>{isDisabled ? text.disabled : text.enabled}</Badge>
      {lockedUntil === null ? null : (
        <>
          <Badge tone="warn">{text.locked}</Badge>
          <span className="muted">
            {text.lockedUntil} <Moment at={lockedUntil} as="clock" />
          </span>
        </>
      )}
    </span>
  )
}

const Row = ({ operator, ask }: { readonly operator: Operator; readonly ask: Ask }) => {
  const text = useWords(texts)
  const { count } = useFormats()
  const { session } = useSession()
  return (
    <tr>
      <Cell head label={text.name}>
        <span className={css["name"]}>
          <bdi>{operator.name}</bdi>
          {operator.name === session.operator ? <span className="muted"> ({text.you})</span> : null}
        </span>
      </Cell>
      <Cell label={text.role}>
        <Badge tone={roleTones[operator.role]}>{text[operator.role]}</Badge>
      </Cell>
      <Cell label={text.state}>
        <State operator={operator} />
      </Cell>
      <Cell label={text.comesBy}>{operator.isFederated ? text.byProvider : text.byPassword}</Cell>
      <Cell label={text.lastSeen}>
        {operator.lastSeenAt === null ? (
          <span className="muted">{text.never}</span>
        ) : (
          <Moment at={operator.lastSeenAt} />
        )}
      </Cell>
      <Cell label={text.sessions} align="end">
        {count(operator.sessions)}
      </Cell>
      <Cell label={text.made}>
        <Moment at={operator.createdAt} />
      </Cell>
      <Cell label="" align="end">
        <Actions operator={operator} ask={ask} />
      </Cell>
    </tr>
  )
}

const All = () => {
  const text = useWords(texts)
  const { ask, dialog } = useChanges()
  const query = useQuery({
    queryKey: ["operators"],
    queryFn: ({ signal }) => call("operators.list", {}, signal),
    refetchInterval: everyMillis
  })
  return (
    <Page title={text.title} lead={text.lead} actions={<NewOperator />}>
      <Loaded query={query} what={text.failed} rows={8}>
        {(operators) => (
          <Card title={text.title} isNamed={false} flush>
            <Table
              caption={text.title}
              cards
              columns={[
                { label: text.name },
                { label: text.role },
                { label: text.state },
                { label: text.comesBy },
                { label: text.lastSeen },
                { label: text.sessions, align: "end" },
                { label: text.made },
                { label: text.actions, isHidden: true }
              ]}
            >
              {operators.map((operator) => (
                <Row key={operator.name} operator={operator} ask={ask} />
              ))}
            </Table>
            <p className="foot muted">
              {text.oneself}{" "}
              <Link to="/account" className="link">
                {text.toAccount}
              </Link>
            </p>
          </Card>
        )}
      </Loaded>
      {dialog}
    </Page>
  )
}

/** People who work here. */
export const Operators = () => {
  const { title } = useWords(texts)
  const { may } = useSession()
  return may("administrator") ? <All /> : <Only title={title} />
}
