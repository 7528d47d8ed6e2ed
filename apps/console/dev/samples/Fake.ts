import type { Answer, Input, Name, Problem } from "../../src/Admin.ts"

/** A refusal in place of an answer. */
export type Fault = {
  readonly isFault: true
  readonly problem: Problem
  readonly retryAfterSeconds: number | null
}

/** What a call is made with, as it came over the wire. */
export type Loose = {
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

/** Server-Sent Events: `start` is handed how to send one and answers how to stop. */
export class Stream {
  readonly start: (send: (event: string, data: unknown) => void) => () => void
  constructor(start: Stream["start"]) {
    this.start = start
  }
}

/** A text that comes piece by piece, so that its progress can be seen. */
export class Lines {
  readonly pieces: AsyncIterable<string>
  constructor(pieces: AsyncIterable<string>) {
    this.pieces = pieces
  }
}

const statuses: Partial<Record<Problem["code"], number>> = {
  SIGNED_OUT: 401,
  SIGN_IN_REFUSED: 401,
  SIGN_IN_LOCKED: 429,
  ROLE_NEEDED: 403,
  SECOND_PERSON_NEEDED: 403,
  BODY_INVALID: 422,
  PASSWORD_WEAK: 422,
  AMOUNT_INVALID: 422,
  PARAMETER_INVALID: 400,
  STORE_UNAVAILABLE: 503,
  NOT_ALLOWED: 409,
  PROPOSAL_OPEN: 409,
  CONTENDED: 409
}

/** A refusal with this code; its title is the code in words. */
export const fault = (code: Problem["code"], detail: string, retryAfterSeconds: number | null = null): Fault => ({
  isFault: true,
  problem: {
    type: `urn:payment-proxy:problem:${code.toLowerCase().replaceAll("_", "-")}`,
    title: `${code.charAt(0)}${code.slice(1).toLowerCase().replaceAll("_", " ")}`,
    status: statuses[code] ?? (code.endsWith("_NOT_FOUND") || code === "NOT_FOUND" ? 404 : 409),
    code,
    detail
  },
  retryAfterSeconds
})

/** Whether an answer is a refusal. */
export const isFault = (answer: unknown): answer is Fault =>
  typeof answer === "object" && answer !== null && "isFault" in answer

type Streamed = "overview.live" | "orders.live"
type Result<N extends Name> = N extends Streamed
  ? Stream | Fault
  : N extends "orders.export"
    ? Lines | Fault
    : Answer<N> | Fault

/** How calls are answered: the input is typed by the call (query values are texts, as they come), as is the answer. */
export type Handlers = {
  readonly [N in Name]?: (given: Required<Input<N>> & Pick<Loose, "query">) => Result<N> | Promise<Result<N>>
}
