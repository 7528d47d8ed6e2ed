import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useEffect } from "react"
import { type Answer, address, call } from "../Admin.ts"
import { useLive } from "../live.ts"

/** All that is known of an order. */
export type Detail = Answer<"orders.read">

/** An order, read anew whenever its stream says that it changed; while there is no stream, every 5 s. */
export const useOrder = (payOrderNo: string) => {
  const client = useQueryClient()
  const live = useLive(address("orders.live", { path: { payOrderNo } }), "changed", () => {
    void client.invalidateQueries({ queryKey: ["order", payOrderNo] })
  })
  const query = useQuery({
    queryKey: ["order", payOrderNo],
    queryFn: ({ signal }) => call("orders.read", { path: { payOrderNo } }, signal),
    refetchInterval: live === "live" ? false : 5000
  })
  // What changed while no stream was there is not told afterwards.
  useEffect(() => {
    if (live === "live") void client.invalidateQueries({ queryKey: ["order", payOrderNo] })
  }, [live, client, payOrderNo])
  return { query, live }
}

/** The queries that an action on an order changes. */
export const changesOf = (payOrderNo: string) => [["order", payOrderNo], ["orders"], ["proposals"]]
