import { Button } from "@mantine/core"
import { IconArrowUp, IconChevronLeft, IconChevronRight, IconReceipt } from "@tabler/icons-react"
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { call } from "../Admin.ts"
import { Chips } from "../orders/Chips.tsx"
import { Export } from "../orders/Export.tsx"
import { FilterBar } from "../orders/FilterBar.tsx"
import css from "../orders/Orders.module.css"
import * as Pages from "../orders/Pages.ts"
import { Results } from "../orders/Results.tsx"
import { SavedFilters } from "../orders/SavedFilters.tsx"
import * as Search from "../orders/Search.ts"
import { useFilters } from "../orders/useFilters.ts"
import { Empty } from "../parts/Empty.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { Page } from "../parts/Page.tsx"
import { useFormats } from "../words/Formats.ts"
import { orders } from "../words/orders.ts"
import { useWords } from "../words/Words.ts"

type Filters = ReturnType<typeof useFilters>

const pageSize = 25

const Count = ({ filter }: { readonly filter: Search.Filter }) => {
  const t = useWords(orders)
  const { count } = useFormats()
  const found = useQuery({
    queryKey: ["orders", "count", filter],
    queryFn: ({ signal }) => call("orders.count", { query: filter }, signal),
    placeholderData: keepPreviousData
  })
  const text =
    found.data === undefined
      ? found.error === null
        ? t.counting
        : ""
      : found.data.isExact && found.data.count === 1
        ? t.countOne
        : (found.data.isExact ? t.countExact : t.countAbout)(count(found.data.count))
  return (
    <span role="status" className="muted figures">
      {text}
    </span>
  )
}

/** Says when there are orders that the first page, as it is shown, does not have. */
const Newer = ({
  filter,
  newest,
  show
}: {
  readonly filter: Search.Filter
  readonly newest: string | null
  readonly show: () => void
}) => {
  const t = useWords(orders)
  const isOpenEnded = filter.createdTo === undefined && filter.number === undefined
  const { createdFrom: _, ...unbounded } = filter
  const head = useQuery({
    queryKey: ["orders", "newest", unbounded],
    queryFn: ({ signal }) => call("orders.search", { query: { ...filter, limit: 1 as never } }, signal),
    refetchInterval: 10_000,
    enabled: isOpenEnded
  })
  const found = head.data?.items[0]?.payOrderNo ?? null
  // Order numbers rise with time.
  const isNewer = isOpenEnded && newest !== null && found !== null && found > newest
  return (
    <div role="status" className={css["newerBox"]}>
      {isNewer ? (
        <button type="button" className={css["newer"]} onClick={show}>
          <IconArrowUp size={15} aria-hidden />
          {t.newer} · <span className={css["newerDo"]}>{t.showNewer}</span>
        </button>
      ) : null}
    </div>
  )
}

const OneHit = ({ payOrderNo }: { readonly payOrderNo: string }) => {
  const t = useWords(orders)
  return (
    <div className={css["hit"]} role="status">
      <span>{t.oneHit}</span>
      <Button component={Link} size="xs" {...({ to: "/orders/$payOrderNo", params: { payOrderNo } } as object)}>
        {t.openIt}
      </Button>
    </div>
  )
}

const Pager = ({ filters: { search, go }, next }: { readonly filters: Filters; readonly next: string | null }) => {
  const t = useWords(orders)
  const { cursor } = search
  const to = (page: string) => go({ ...Search.withoutPage(search), ...(page === "" ? {} : { cursor: page }) })
  const forth = () => {
    if (next === null) return
    Pages.gone(next, cursor ?? "")
    to(next)
  }
  return (
    <nav aria-label={t.pages} className={css["pager"]}>
      <span className={`${css["keys"]} muted`}>{t.keys}</span>
      {cursor === undefined ? null : (
        <Button variant="subtle" size="xs" onClick={() => to("")}>
          {t.first}
        </Button>
      )}
      <Button
        variant="default"
        size="xs"
        disabled={cursor === undefined}
        leftSection={<IconChevronLeft size={15} aria-hidden />}
        onClick={() => to(Pages.before(cursor ?? ""))}
      >
        {t.previous}
      </Button>
      <Button
        variant="default"
        size="xs"
        disabled={next === null}
        rightSection={<IconChevronRight size={15} aria-hidden />}
        onClick={forth}
      >
        {t.next}
      </Button>
    </nav>
  )
}

const Nothing = ({ filters: { search, go } }: { readonly filters: Filters }) => {
  const t = useWords(orders)
  const isFiltered = Search.size(search) > 0
  return (
    <Empty title={isFiltered ? t.emptyTitle : t.emptyAll} icon={<IconReceipt size={28} />}>
      <p>{isFiltered ? t.emptyText : t.emptyAllText}</p>
      {isFiltered ? (
        <Button size="xs" variant="default" mt="sm" onClick={() => go({})}>
          {t.emptyClear}
        </Button>
      ) : null}
    </Empty>
  )
}

/** Every order of every app: searched, paged, exported. */
export const Orders = () => {
  const t = useWords(orders)
  const client = useQueryClient()
  const filters = useFilters()
  const { search, filter, go, change, renew } = filters
  const { cursor } = search
  const page = useQuery({
    queryKey: ["orders", "page", filter, cursor],
    queryFn: ({ signal }) =>
      call(
        "orders.search",
        { query: { ...filter, limit: pageSize as never, ...(cursor === undefined ? {} : { cursor }) } },
        signal
      ),
    placeholderData: keepPreviousData
  })
  const found = page.data?.items ?? []
  const refresh = () => {
    renew()
    void client.invalidateQueries({ queryKey: ["orders"] })
    if (cursor !== undefined) go(Search.withoutPage(search))
  }
  return (
    <Page
      title={t.title}
      mark={<Count filter={filter} />}
      actions={<Export filter={filter} isDisabled={page.data !== undefined && found.length === 0} />}
    >
      <FilterBar search={search} change={change}>
        <SavedFilters search={search} go={go} />
      </FilterBar>
      <Chips search={search} change={change} />
      {search.number !== undefined && found.length === 1 && found[0] !== undefined ? (
        <OneHit payOrderNo={found[0].payOrderNo} />
      ) : null}
      <Newer filter={filter} newest={cursor === undefined ? (found[0]?.payOrderNo ?? null) : null} show={refresh} />
      <div className={css["results"]} data-stale={page.isPlaceholderData || undefined} aria-busy={page.isFetching}>
        <Loaded query={page} what={t.failed} rows={12}>
          {({ items, next }) =>
            items.length === 0 ? (
              <Nothing filters={filters} />
            ) : (
              <>
                <Results rows={items} />
                <Pager filters={filters} next={next} />
              </>
            )
          }
        </Loaded>
      </div>
    </Page>
  )
}
