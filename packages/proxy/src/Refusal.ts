import { Data } from "effect"

/** What the proxy answers by itself, with HTTP status and title; each is a problem (RFC 9457) with this `code`. */
export const codes = {
  REQUEST_MALFORMED: [400, "The request is not HTTP as we take it"],
  HEADER_REPEATED: [400, "A header is there twice"],
  PATH_REFUSED: [400, "The path could be read in two ways"],
  METHOD_OVERRIDDEN: [400, "A header names another method than the request"],
  NOT_FOUND: [404, "No such address"],
  METHOD_NOT_ALLOWED: [405, "The address does not take this method"],
  REQUEST_TIMEOUT: [408, "The request did not arrive in time"],
  BODY_TOO_LARGE: [413, "The body is too large"],
  RATE_LIMITED: [429, "Too many calls"],
  HEADERS_TOO_LARGE: [431, "The headers are too many or too large"],
  INTERNAL: [500, "Something went wrong on our side"],
  UPGRADE_REFUSED: [501, "The proxy does not change protocols"],
  UPSTREAM_UNREACHABLE: [502, "The upstream could not be reached"],
  UPSTREAM_TLS: [502, "The upstream's certificate is not trusted"],
  UPSTREAM_RESET: [502, "The upstream broke the connection"],
  UPSTREAM_MALFORMED: [502, "The upstream's answer is not HTTP"],
  CIRCUIT_OPEN: [503, "The upstream is left alone for a moment"],
  UPSTREAM_BUSY: [503, "Too many calls are on their way to the upstream"],
  UPSTREAM_CONNECT_TIMEOUT: [504, "The upstream did not take the connection in time"],
  UPSTREAM_TIMEOUT: [504, "The upstream did not answer in time"],
  LOOP_DETECTED: [508, "The call has come through here before"]
} as const satisfies Record<string, readonly [status: number, title: string]>
export type Code = keyof typeof codes

/** A problem as the caller is answered (RFC 9457). */
export interface Problem {
  readonly status: number
  readonly code: string
  readonly title: string
  /** What to do about it; nothing of our inside. */
  readonly detail: string
  readonly errors?: ReadonlyArray<{ readonly pointer: string; readonly code: string; readonly detail: string }>
}

/** The call is not made: nothing of it has left for the upstream. `headers` go with the answer. */
export class Refusal extends Data.TaggedError("Refusal")<{
  readonly problem: Problem
  readonly headers: ReadonlyArray<string>
}> {}

/** The call may have reached the upstream, and no whole answer came: its outcome is unknown. */
export class Broken extends Data.TaggedError("Broken")<{
  readonly problem: Problem
  readonly headers: ReadonlyArray<string>
}> {}

/** The problem of a code of the proxy's own. */
export const problem = (code: Code, detail: string): Problem => {
  const [status, title] = codes[code]
  return { status, code, title, detail }
}

/** Refuses a call. */
export const refuse = (code: Code, detail: string, headers: ReadonlyArray<string> = []): Refusal =>
  new Refusal({ problem: problem(code, detail), headers })

/** Gives up a call that may have left. */
export const broken = (code: Code, detail: string, headers: ReadonlyArray<string> = []): Broken =>
  new Broken({ problem: problem(code, detail), headers })
