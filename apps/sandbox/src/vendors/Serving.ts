import type { ServerResponse } from "node:http"
import type { Reply, Words } from "../Answers.ts"
import * as Answers from "../Answers.ts"
import type { On, Own } from "../Faults.ts"
import type { Kit } from "./Kit.ts"
import type { Call } from "./Vendor.ts"

export type { Words } from "../Answers.ts"
export type { On, Own } from "../Faults.ts"

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
export const answer = (kit: Kit, call: Call, response: ServerResponse, parts: Parts): Promise<void> =>
  Answers.answer(response, {
    fault: kit.faults.fire(parts.on, parts.number),
    number: parts.number,
    act: parts.act,
    words: parts.words,
    record: (reply, status) => kit.record(call, reply, status)
  })
