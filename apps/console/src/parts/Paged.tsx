import { Button } from "@mantine/core"
import { type QueryKey, type UseInfiniteQueryResult, useInfiniteQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { paged as texts } from "../words/paged.ts"
import { useWords } from "../words/Words.ts"
import { Bones } from "./Loaded.tsx"
import { Problem } from "./Problem.tsx"
import css from "./paged.module.css"

type Page<T> = { readonly items: ReadonlyArray<T>; readonly next: string | null }

/** A list that is read page by page, each by the cursor that the page before answered with. */
export const usePaged = <T,>(
  queryKey: QueryKey,
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
  refetchMillis: number | false = false
) =>
  useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: refetchMillis,
    select: ({ pages }) => pages.flatMap(({ items }) => items)
  })

/** What was read of such a list so far, with a button for more; `empty` where there is nothing. */
export const Paged = <T,>({
  query,
  what,
  empty,
  rows = 5,
  children
}: {
  readonly query: UseInfiniteQueryResult<ReadonlyArray<T>, Error>
  /** What could not be loaded, for the error. */
  readonly what: string
  readonly empty: ReactNode
  readonly rows?: number
  readonly children: (items: ReadonlyArray<T>) => ReactNode
}) => {
  const text = useWords(texts)
  const { data, error } = query
  const more = () => void query.fetchNextPage()
  const again = () => void (query.isFetchNextPageError ? query.fetchNextPage() : query.refetch())
  return (
    <>
      {data === undefined ? (
        error === null ? (
          <div className={css["inset"]}>
            <Bones rows={rows} />
          </div>
        ) : null
      ) : data.length === 0 ? (
        empty
      ) : (
        children(data)
      )}
      {error === null ? null : (
        <div className={css["inset"]}>
          <Problem error={error} what={what} retry={again} />
        </div>
      )}
      {query.hasNextPage && error === null ? (
        <div className={css["more"]}>
          <Button variant="default" size="xs" onClick={more} loading={query.isFetchingNextPage}>
            {text.more}
          </Button>
        </div>
      ) : null}
    </>
  )
}
