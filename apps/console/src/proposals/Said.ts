import type { Answer } from "../Admin.ts"
import type { proposals } from "../words/proposals.ts"

/** What one operator wants and a second one decides. */
export type Proposal = Answer<"proposals.list">["items"][number]
type Texts = (typeof proposals)["en"]

const parsed = (text: string | null | undefined): unknown => {
  try {
    return JSON.parse(text ?? "null") as unknown
  } catch {
    return null
  }
}

/** The types of events in a detail, which is a JSON list or the texts themselves; null: all. */
const eventsOf = (text: string | null | undefined): string | null => {
  if (text === null || text === undefined) return null
  const list = parsed(text)
  return Array.isArray(list) ? list.join(", ") : text
}

const limitsOf = (text: string | null | undefined, texts: Texts): string | null => {
  const limits = parsed(text)
  if (typeof limits !== "object" || limits === null) return null
  const of = (name: string): string => {
    const count = (limits as Readonly<Record<string, unknown>>)[name]
    return typeof count === "number" ? String(count) : texts.unlimited
  }
  return texts.doSetLimits(of("createsPerSecond"), of("readsPerSecond"), of("streams"))
}

/** An amount in major units with its currency behind it; its whole part in groups. */
const grouped = (amount: string): string =>
  amount.replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+(?!\d))/g, ","))

const ofApp = (details: Proposal["details"], texts: Texts): string | null => {
  const endpoint = details["endpoint"] ?? "?"
  switch (details["type"]) {
    case "addKey":
      return texts.doAddKey
    case "rotateKey":
      return Number(details["overlapHours"]) > 0
        ? texts.doRotateKey(details["overlapHours"] ?? "")
        : texts.doRotateKeyNow
    case "revokeKey":
      return texts.doRevokeKey(details["keyId"] ?? "?")
    case "addEndpoint": {
      const url = details["url"] ?? "?"
      const events = eventsOf(details["events"])
      return events === null ? texts.doAddEndpoint(url) : texts.doAddEndpointFor(url, events)
    }
    case "removeEndpoint":
      return texts.doRemoveEndpoint(endpoint)
    case "rotateSecret":
      return texts.doRotateSecret(endpoint)
    case "endOldSecret":
      return texts.doEndOldSecret(endpoint)
    case "startEndpoint":
      return texts.doStartEndpoint(endpoint)
    case "stopEndpoint":
      return texts.doStopEndpoint(endpoint)
    case "disable":
      return texts.doDisable
    case "enable":
      return texts.doEnable
    case "setLimits":
      return limitsOf(details["limits"], texts)
    default:
      return null
  }
}

/** What would happen, in the language of `texts`; what is not known here is said in the API's own English words. */
export const said = (
  { kind, details, summary }: Pick<Proposal, "kind" | "details" | "summary">,
  texts: Texts,
  stateWord: (state: string) => string
): string => {
  switch (kind) {
    case "refund": {
      const amount = details["amount"] ?? null
      return amount === null ? texts.doRefundAll : texts.doRefund(grouped(amount))
    }
    case "resolve": {
      const state = details["state"]
      if (state === null || state === undefined) return summary
      const accepted = details["acceptedAmount"] ?? null
      return accepted === null
        ? texts.doResolve(stateWord(state))
        : texts.doResolveWith(stateWord(state), grouped(accepted))
    }
    case "app":
      return ofApp(details, texts) ?? summary
  }
}

/** Whether it makes something that is shown once, and what: an app's key or an endpoint's secret. */
export const secretOf = ({ kind, details }: Pick<Proposal, "kind" | "details">): "key" | "secret" | null => {
  if (kind !== "app") return null
  const type = details["type"] ?? ""
  if (type === "addKey" || type === "rotateKey") return "key"
  return type === "addEndpoint" || type === "rotateSecret" ? "secret" : null
}
