import type { Readable } from "node:stream"
import type { Effect } from "effect"
import type { Headers } from "./Headers.ts"
import type { Broken, Refusal } from "./Refusal.ts"

/** A body in memory, whole: it can be sent again. */
export interface Bytes {
  readonly _tag: "Bytes"
  readonly bytes: Uint8Array
}

/** A request's body as it arrives; `length` in bytes where the client stated one. It can be sent once. */
export interface Incoming {
  readonly _tag: "Incoming"
  readonly length: number | null
  /** All of it, at most `maxBytes`: BODY_TOO_LARGE beyond, REQUEST_MALFORMED where it does not arrive whole. */
  readonly claim: (maxBytes: number) => Effect.Effect<Bytes, Refusal>
  /** It flows as it is read, with back pressure; `isClientLate` while the client's next bytes are waited for. */
  readonly stream: () => { readonly readable: Readable; readonly isClientLate: () => boolean }
}

/** A request's body that a filter writes piece by piece; `length` in bytes. It can be sent once. */
export interface Pieces {
  readonly _tag: "Pieces"
  readonly length: number
  readonly pieces: AsyncIterable<Uint8Array>
}

export interface Empty {
  readonly _tag: "Empty"
}

/** How long each phase of a call may take, in milliseconds. */
export interface Limits {
  /** Until the upstream's connection stands. */
  readonly connectMillis: number
  /** From the last byte of the request to the head of the answer. */
  readonly headMillis: number
  /** Without a byte of a body, either way. */
  readonly idleMillis: number
  /** The whole call, from when it is sent. */
  readonly totalMillis: number
}

/** Calls to the upstream on behalf of one call, in the order in which they began. */
export interface Sent {
  readonly exchanges: Array<{ readonly stop: () => void }>
}

/** A call on its way in, as a filter sees it; a filter passes on a changed copy. */
export interface Request {
  readonly route: string
  /** The app that calls, once it is known. */
  readonly caller: string | null
  readonly method: string
  /** Below the route's prefix, as it came: it begins with `/` and cannot leave the target's base path. */
  readonly path: string
  /** As it came, with its `?`; empty where there is none. */
  readonly query: string
  /** End to end: what belongs to one connection is gone, `Forwarded` and its like are ours. */
  readonly headers: Headers
  readonly body: Empty | Bytes | Incoming | Pieces
  readonly limits: Limits
  /** What was sent for this call, and is looked after by whoever ends it. */
  readonly sent: Sent
  /** Nothing of it is written after this, and no answer awaited; by `Deadline.now`, infinite unless a filter says. */
  readonly untilMillis: number
}

/** An answer's body as it arrives; exactly one of its three ways is taken. */
export interface Outgoing {
  readonly _tag: "Outgoing"
  /** All of it, if it is at most `maxBytes`, else what was read of it and the rest, which still flows. */
  readonly peek: (maxBytes: number) => Effect.Effect<Peeked, Broken>
  /** Nobody wants it. */
  readonly drop: () => void
}

/** A body of which the first part has been read; the rest still flows behind it. */
export interface Rest {
  readonly _tag: "Rest"
  readonly first: Uint8Array
  readonly rest: Outgoing
}

/** What `peek` has seen: `body` is what goes on to the caller. */
export type Peeked =
  | { readonly isWhole: true; readonly bytes: Uint8Array; readonly body: Bytes }
  | { readonly isWhole: false; readonly bytes: Uint8Array; readonly body: Rest }

/** An answer on its way out, as a filter sees it; a filter passes on a changed copy. */
export interface Response {
  readonly status: number
  /** End to end. */
  readonly headers: Headers
  readonly body: Empty | Bytes | Outgoing | Rest | Pieces
  /** What goes on of the trailer lines of a body that flows; all of them unless said. */
  readonly trailers?: (lines: Headers) => Headers
}
