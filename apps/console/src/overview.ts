import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query"
import { type Answer, address, call } from "./Admin.ts"
import { useLive } from "./live.ts"

/** How the whole stands. */
export type Overview = Answer<"overview.now">

const options = queryOptions({
  queryKey: ["overview"],
  queryFn: ({ signal }) => call("overview.now", {}, signal)
})

/** How many orders are held and how many proposals wait, asked for every half minute. */
export const useCounts = (): { readonly held: number; readonly proposals: number } => {
  const { data } = useQuery({
    ...options,
    refetchInterval: 30_000,
    select: ({ held, proposals }: Overview) => ({ held: held.count, proposals })
  })
  return data ?? { held: 0, proposals: 0 }
}

/** How the whole stands as it changes; while the stream is broken it is asked for every five seconds. */
export const useOverview = () => {
  const client = useQueryClient()
  const live = useLive(
    address("overview.live", {}),
    "overview",
    (data) => client.setQueryData(options.queryKey, JSON.parse(data) as Overview),
    { silenceMillis: 15_000 }
  )
  const query = useQuery({ ...options, refetchInterval: live === "live" ? false : 5000 })
  return { live, query }
}
