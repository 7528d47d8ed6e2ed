import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useEffect, useRef } from "react"
import { type Answer, address, call, Refused } from "../Admin.ts"
import { type Live, useLive } from "../live.ts"

/** All that is known of an order. */
export type Detail = Answer<"orders.read">

/** An order, read anew whenever its stream says that it changed; while there is no stream, every 5 s. */
export const useOrder = (payOrderNo: string) => {
  const client = useQueryClient()
  const followed = useRef<Live>("connecting")
  const query = useQuery({
    queryKey: ["order", payOrderNo],
    queryFn: ({ signal }) => call("orders.read", { path: { payOrderNo } }, signal),
    refetchInterval: ({ state: { error } }) => {
      const isMissing = error instanceof Refused && error.code === "ORDER_NOT_FOUND"
      return isMissing || followed.current === "live" ? false : 5000
    }
  })
  const read = () => void client.invalidateQueries({ queryKey: ["order", payOrderNo] })
  const isOn = query.data !== undefined
  const live = useLive(address("orders.live", { path: { payOrderNo } }), "changed", read, { isOn })
  followed.current = live
  // What changed while no stream was there is not told afterwards.
  useEffect(() => {
    if (live === "live") void client.invalidateQueries({ queryKey: ["order", payOrderNo] })
  }, [live, client, payOrderNo])
  return { query, live }
}

/** The queries that an action on an order changes. */
export const changesOf = (payOrderNo: string) => [["order", payOrderNo], ["orders"], ["proposals"]]
