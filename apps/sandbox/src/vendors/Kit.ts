import type { Clock } from "../Clock.ts"
import type { Faults } from "../Faults.ts"
import type { Courier } from "./Courier.ts"
import type { Call, Reply } from "./Vendor.ts"

/** What a vendor of the sandbox stands on. */
export interface Kit {
  readonly name: string
  /** Scheme, host and port of this vendor's server; no slash at the end. */
  readonly url: string
  /** The sandbox's, shared: time moves by `/_clock`. */
  readonly clock: Clock
  /** The sandbox's, shared. */
  readonly faults: Faults
  /** Puts a change of this vendor's book on disk; it is there when this returns. */
  readonly write: (change: unknown) => void
  /** Every change that was written, in order: the book is the fold of these, also after a restart. */
  readonly changes: () => Iterable<unknown>
  /** A text that is made once and kept over restarts (keys, certificates, secrets). */
  readonly kept: (name: string, make: () => string | Promise<string>) => Promise<string>
  /** Puts a request and what came of it into the ledger, under `/<vendor>` and its path without the query. */
  readonly record: (call: Call, reply: Pick<Reply, "did" | "numbers">, status: number | "dropped" | "hung") => void
  readonly courier: Courier
}
