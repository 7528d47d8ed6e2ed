/** The payment proxy that the shop sells through, and the shop's key there. */
export interface Gateway {
  readonly url: string
  readonly key: string
}

const timeLimitMillis = 3000

const statusOf = (order: unknown): string | null =>
  typeof order === "object" && order !== null && "status" in order && typeof order.status === "string"
    ? order.status
    : null

/** The order's status as the gateway has it now, within 3 s; `null` where it cannot be had. */
export const statusNow = async ({ url, key }: Gateway, payOrderNo: string): Promise<string | null> => {
  try {
    const answer = await fetch(`${url.replace(/\/$/, "")}/v1/orders/${encodeURIComponent(payOrderNo)}`, {
      headers: { authorization: `Bearer ${key}` },
      redirect: "error",
      signal: AbortSignal.timeout(timeLimitMillis)
    })
    return answer.ok ? statusOf(await answer.json()) : null
  } catch {
    return null
  }
}
