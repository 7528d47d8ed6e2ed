import { SegmentedControl } from "@mantine/core"
import { IconChecklist } from "@tabler/icons-react"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { call } from "../Admin.ts"
import { Card } from "../parts/Card.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Page } from "../parts/Page.tsx"
import { Paged, usePaged } from "../parts/Paged.tsx"
import { ProposalList } from "../proposals/Proposal.tsx"
import { proposals as texts } from "../words/proposals.ts"
import { useWords } from "../words/Words.ts"

const openEveryMillis = 10_000

/** What waits for a second person, and what was decided. */
export const Proposals = () => {
  const text = useWords(texts)
  const navigate = useNavigate()
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false })
  const state = search["state"] === "decided" ? "decided" : "open"
  const query = usePaged(
    ["proposals", state],
    (cursor, signal) => call("proposals.list", { query: { state, cursor } }, signal),
    state === "open" ? openEveryMillis : false
  )
  const go = (next: string) =>
    void navigate({ to: "/proposals", search: (next === "decided" ? { state: next } : {}) as never, replace: true })
  const names = { open: text.open, decided: text.decided }
  return (
    <Page
      title={text.title}
      lead={text.lead}
      actions={
        <SegmentedControl
          aria-label={text.which}
          value={state}
          onChange={go}
          data={[
            { value: "open", label: text.open },
            { value: "decided", label: text.decided }
          ]}
        />
      }
    >
      <Card title={names[state]} isNamed={false} flush>
        <Paged
          query={query}
          what={text.failed}
          rows={8}
          empty={
            <Empty
              title={state === "open" ? text.noneOpen : text.noneDecided}
              icon={<IconChecklist size={32} stroke={1.5} />}
            >
              {state === "open" ? text.noneOpenTold : text.noneDecidedTold}
            </Empty>
          }
        >
          {(items) => <ProposalList proposals={items} label={names[state]} />}
        </Paged>
      </Card>
    </Page>
  )
}
