import type { IncomingMessage, ServerResponse } from "node:http"
import { sendJson } from "./Answers.ts"
import { parsed, readBody } from "./Body.ts"
import type { Platform } from "./Platform.ts"

const sendLedger = (platform: Platform, response: ServerResponse, since: number): void => {
  const lines = platform.ledger.lines.filter(({ seq }) => seq > since)
  sendJson(response, 200, {
    requests: lines.filter(({ type }) => type === "request"),
    notifications: lines.filter(({ type }) => type === "notification"),
    payments: platform.payments(),
    next: platform.ledger.lines.length
  })
}

/** The calls of tests and demonstrations, below `/_`. */
export const control = async (
  platform: Platform,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL
): Promise<void> => {
  const { ledger, faults, clock } = platform
  const body = await readBody(request)
  const json = body === undefined || body.length === 0 ? undefined : parsed(body)
  const [, , number, decision] = url.pathname.split("/")
  if (url.pathname === "/_health") return sendJson(response, 200, { alive: true })
  if (url.pathname === "/_ledger") return sendLedger(platform, response, Number(url.searchParams.get("since") ?? 0))
  if (url.pathname === "/_faults" && request.method === "PUT") {
    const wrong = faults.replace(json)
    return wrong === undefined
      ? sendJson(response, 200, faults.list())
      : sendJson(response, 400, { error: "invalid", message: wrong })
  }
  if (url.pathname === "/_faults") return sendJson(response, 200, faults.list())
  if (url.pathname === "/_clock" && request.method === "POST") {
    const { advanceMillis, now } = (json ?? {}) as { readonly advanceMillis?: number; readonly now?: string }
    clock.offsetMillis = now === undefined ? clock.offsetMillis + (advanceMillis ?? 0) : Date.parse(now) - Date.now()
    ledger.append({ type: "clock", at: clock.text(), offsetMillis: clock.offsetMillis })
    platform.sweep()
    return sendJson(response, 200, { now: clock.text() })
  }
  if (url.pathname.startsWith("/_payments/") && request.method === "POST") {
    const amount = (json as { readonly amount?: number } | undefined)?.amount
    const answer = platform.decide(decodeURIComponent(number ?? ""), decision ?? "", amount)
    return sendJson(response, answer.status, answer.body)
  }
  sendJson(response, 404, { error: "not_found" })
}
