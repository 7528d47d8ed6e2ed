import type { IncomingHttpHeaders, ServerResponse } from "node:http"
import type { Kit } from "./Kit.ts"

export type { Reply } from "../Answers.ts"

/** A call of a vendor's server as it came: `target` is the request line's, byte for byte; header names in lower case. */
export interface Call {
  readonly method: string
  readonly target: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A refund that a vendor holds; its amount in minor units, its status in the vendor's own words. */
export interface HeldRefund {
  readonly number: string | null
  readonly id: string
  readonly amountMinor: number
  readonly status: string
}

/** A payment that a vendor holds, in the sandbox's own words; amounts are minor units. */
export interface Held {
  readonly vendor: string
  /** The merchant's number. */
  readonly number: string
  /** The vendor's number, where it has one yet. */
  readonly id: string | null
  readonly status: "open" | "authorized" | "paid" | "closed" | "failed"
  readonly amountMinor: number
  readonly currency: string
  readonly capturedMinor: number
  readonly refunds: ReadonlyArray<HeldRefund>
}

/** What a payer, the vendor's desk or chance does to a payment: pay, refuse, authorize, open, approve, refund, dispute, ...; each vendor says what it knows. */
export interface Decision {
  readonly verb: string
  readonly amountMinor?: number
  /** Of a refund: its number, the merchant's or the vendor's. */
  readonly refund?: string
  readonly [more: string]: unknown
}

/** The answer of the desk: a status and a JSON body. */
export interface Decided {
  readonly status: number
  readonly body: unknown
}

/** A vendor that is up. */
export interface Vendor {
  /** What the vendor's merchant console hands out: its address, numbers, keys, certificates; JSON. */
  readonly credentials: Record<string, unknown>
  readonly handle: (call: Call, response: ServerResponse) => Promise<void>
  readonly held: () => ReadonlyArray<Held>
  /** `undefined` where the number is not one of its payments. */
  readonly decide: (number: string, decision: Decision) => Promise<Decided | undefined>
  /** Closes what has expired and does what is due; called each second and after the clock was moved. */
  readonly sweep: () => void
}

/** How a vendor is brought up; `kit.url` is its address, which is known by then. */
export type Make = (kit: Kit) => Promise<Vendor>
