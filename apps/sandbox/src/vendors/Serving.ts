import type { ServerResponse } from "node:http"
import type { On, Own } from "../Faults.ts"
import type { Kit } from "./Kit.ts"
import type { Call, Reply } from "./Vendor.ts"

export type { On, Own } from "../Faults.ts"

/** How a vendor says in its own words what a fault wants: a refusal of a create, too many requests, a server's error, an unknown number; `status` is the one that the fault asks for. */
export type Words = (what: "reject" | "throttle" | "error" | "not-found", status: number | undefined) => Reply

/** An API call: what it is, whose payment it is about, how it is done, and the vendor's words for a fault. */
export interface Parts {
  readonly on: On
  /** The merchant's number, by which faults choose. */
  readonly number: string
  /** Does what was asked and answers; it is given the name of a fault that only the vendor can play, and is not called where the fault is one before acceptance. */
  readonly act: (fault: Own | undefined) => Reply | Promise<Reply>
  readonly words: Words
}

/** Answers an API call as the faults want: drops, hangs, delays, mangles; writes the ledger before the answer leaves. */
export const answer = async (_kit: Kit, _call: Call, _response: ServerResponse, _parts: Parts): Promise<void> => {
  throw new Error("Not written yet.")
}
