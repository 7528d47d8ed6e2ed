/** What made a row of history, taken apart: a command of ours, what a vendor said, or an answer that says nothing of the order. */
export type Cause =
  | { readonly by: "command"; readonly name: string }
  | { readonly by: "vendor"; readonly source: string; readonly kind: string }
  | { readonly by: "answer"; readonly of: string; readonly tag: string }
  | { readonly by: "refund"; readonly state: string }
  | { readonly by: "unknown"; readonly text: string }

const commands: ReadonlySet<string> = new Set([
  "submit",
  "close",
  "expire",
  "capture",
  "complete",
  "capture asked",
  "refund",
  "accept",
  "resolve",
  "send again"
])
const sources: ReadonlySet<string> = new Set(["create", "query", "close", "operation", "notification", "bill"])
const tags: ReadonlySet<string> = new Set(["Rejected", "Throttled", "Unreachable", "InDoubt"])

/** The cause of a row, taken apart; one that is not known is kept as it stands. */
export const read = (text: string): Cause => {
  if (commands.has(text)) return { by: "command", name: text }
  const at = text.indexOf(":")
  const [before, after] = [text.slice(0, at), text.slice(at + 1)]
  if (at < 1 || after === "") return { by: "unknown", text }
  if (tags.has(after)) return { by: "answer", of: before, tag: after }
  if (before === "refund") return { by: "refund", state: after }
  return sources.has(before) ? { by: "vendor", source: before, kind: after } : { by: "unknown", text }
}

/** The parts of a hold's reason: its word, and the kind of evidence where there is one (`CONTRADICTED:open`). */
export const heldReason = (text: string): { readonly word: string; readonly kind: string | null } => {
  const [word = text, kind] = text.split(":")
  return { word, kind: kind ?? null }
}
