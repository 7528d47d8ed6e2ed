import type { UseQueryResult } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { parts } from "../words/parts.ts"
import { useWords } from "../words/Words.ts"
import { Problem } from "./Problem.tsx"
import css from "./parts.module.css"

/** The place of what is being loaded, about as high as it will be. */
export const Bones = ({ rows = 5 }: { readonly rows?: number }) => {
  const text = useWords(parts)
  return (
    <div role="status" className={css["bones"]}>
      <span className="visually-hidden">{text.loading}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={String(row)} className={css["bone"]} />
      ))}
    </div>
  )
}

/** What a query brought; until then its place, and what went wrong if it did. Old data stay beside a new error. */
export const Loaded = <T,>({
  query,
  what,
  rows = 5,
  children
}: {
  readonly query: UseQueryResult<T, Error>
  /** What could not be loaded, for the error. */
  readonly what?: string
  readonly rows?: number
  readonly children: (data: T) => ReactNode
}) => (
  <>
    {query.error === null ? null : (
      <Problem error={query.error} {...(what === undefined ? {} : { what })} retry={() => void query.refetch()} />
    )}
    {query.data !== undefined ? children(query.data) : query.error === null ? <Bones rows={rows} /> : null}
  </>
)
