import { useQuery } from "@tanstack/react-query"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { useMemo, useState } from "react"
import { call } from "../Admin.ts"
import * as Search from "./Search.ts"

/** The search in the address, what it asks of the API, and how to go to another one. */
export const useFilters = () => {
  const given = useSearch({ strict: false }) as Readonly<Record<string, unknown>>
  const navigate = useNavigate()
  const search = useMemo(() => Search.fromAddress(given), [given])
  // A quick range ends when it was chosen, or asked anew: pages do not move under who reads them.
  const [pinned, setPinned] = useState(() => ({ key: "", atMillis: 0 }))
  const key = JSON.stringify(Search.withoutPage(search))
  if (pinned.key !== key) setPinned({ key, atMillis: Date.now() })
  const { atMillis } = pinned
  const filter = useMemo(() => Search.filterOf(search, atMillis), [search, atMillis])
  const go = (next: Search.Search) => void navigate({ to: "/orders", search: next as never })
  return {
    search,
    filter,
    go,
    /** Lets a quick range end now. */
    renew: () => setPinned({ key, atMillis: Date.now() }),
    change: (parts: Readonly<Record<string, string | null | undefined>>) => go(Search.changed(search, parts))
  }
}

/** The names of vendors and apps to choose from; nothing where they cannot be read, as names can be typed, too. */
export const useNames = () => {
  const vendors = useQuery({
    queryKey: ["vendors"],
    queryFn: ({ signal }) => call("vendors.list", {}, signal),
    staleTime: 300_000
  })
  const apps = useQuery({
    queryKey: ["apps"],
    queryFn: ({ signal }) => call("apps.list", {}, signal),
    staleTime: 300_000
  })
  return { vendors: (vendors.data ?? []).map(({ name }) => name), apps: (apps.data ?? []).map(({ id }) => id) }
}
