import { IconLock } from "@tabler/icons-react"
import { Card } from "../parts/Card.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Page } from "../parts/Page.tsx"
import { operators as texts } from "../words/operators.ts"
import { useWords } from "../words/Words.ts"

/** A page of administrators as others find it who have its address. */
export const Only = ({ title }: { readonly title: string }) => {
  const text = useWords(texts)
  return (
    <Page title={title}>
      <Card title={title} isNamed={false}>
        <Empty title={text.only} icon={<IconLock size={32} stroke={1.5} />}>
          {text.onlyTold}
        </Empty>
      </Card>
    </Page>
  )
}
