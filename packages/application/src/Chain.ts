import { hash } from "node:crypto"
import type { HistoryEntry } from "@payment-proxy/ports"
import { Context } from "effect"

/** What is hashed of an entry, after the hash before it. */
const textOf = (previous: string | null, entry: Omit<HistoryEntry, "hash">): string =>
  JSON.stringify([previous, entry.payOrderNo, entry.version, entry.state, entry.cause, entry.detail, entry.atMillis])

/** Chains the entries of a history: each one's hash is over its content and the hash before it. */
export class Chain extends Context.Reference<Chain>()("@payment-proxy/application/Chain", {
  defaultValue: () => ({
    link: (previous: string | null, entry: Omit<HistoryEntry, "hash">): string =>
      hash("sha256", textOf(previous, entry), "hex")
  })
}) {}
