const storeKey = "orders.pages"
/** How many ways back are kept. */
const maxKept = 200

type Kept = ReadonlyArray<readonly [cursor: string, before: string]>

const read = (): Kept => {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(storeKey) ?? "[]")
    return Array.isArray(kept) ? (kept as Kept) : []
  } catch {
    return []
  }
}

/** Notes from which page a cursor was gone on to; `before` is empty for the first page. */
export const gone = (cursor: string, before: string): void => {
  const kept = read().filter(([known]) => known !== cursor)
  sessionStorage.setItem(storeKey, JSON.stringify([...kept, [cursor, before]].slice(-maxKept)))
}

/** The page before that of a cursor: its cursor, empty for the first page; also where it is not known. */
export const before = (cursor: string): string => read().find(([known]) => known === cursor)?.[1] ?? ""
