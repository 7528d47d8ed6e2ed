import type { Problem } from "@payment-proxy/api"
import { Data } from "effect"

/** One fault of a request: where (RFC 6901 JSON Pointer), which, and how to mend it. */
export interface Fault {
  readonly pointer: string
  readonly code: string
  readonly detail: string
}

/** The stable codes that this version of the client knows; a newer gateway may say others. */
export type Code = Problem.Code | (string & {})

/**
 * The gateway refused, or could not: RFC 9457, with its stable `code`. `retryAfterMillis` where it says when to come again;
 * `idempotencyKey` where the call had one: the same call may be made again with it, never with another.
 */
export class PaymentProxyProblem extends Data.TaggedError("PaymentProxyProblem")<{
  readonly status: number
  readonly code: Code
  readonly detail: string
  readonly errors: ReadonlyArray<Fault>
  readonly retryAfterMillis: number | null
  readonly idempotencyKey: string | null
}> {
  override get message(): string {
    const faults = this.errors.map(({ pointer, detail }) => `\n  ${pointer === "" ? "/" : pointer}: ${detail}`)
    return `${this.code}: ${this.detail}${faults.join("")}`
  }
}

/** No answer, or not all of it: nobody knows what became of the call. The same call may be made again with the same key. */
export class PaymentProxyUnreachable extends Data.TaggedError("PaymentProxyUnreachable")<{
  readonly detail: string
  readonly idempotencyKey: string | null
}> {
  override get message(): string {
    return this.detail
  }
}

/** An answer of success that this version of the client does not understand: what was asked for is done. */
export class PaymentProxyUnreadable extends Data.TaggedError("PaymentProxyUnreadable")<{
  readonly detail: string
  readonly idempotencyKey: string | null
}> {
  override get message(): string {
    return this.detail
  }
}

/** The client cannot be made of these settings; `detail` says what to set, and shows no key. */
export class SettingsInvalid extends Data.TaggedError("SettingsInvalid")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

/** Everything that a call can fail with. */
export type Failure = PaymentProxyProblem | PaymentProxyUnreachable | PaymentProxyUnreadable

/** The same failure, which names the key that the call was made with. */
export const withKey = (failure: Failure, idempotencyKey: string): Failure => {
  switch (failure._tag) {
    case "PaymentProxyProblem":
      return new PaymentProxyProblem({
        status: failure.status,
        code: failure.code,
        detail: failure.detail,
        errors: failure.errors,
        retryAfterMillis: failure.retryAfterMillis,
        idempotencyKey
      })
    case "PaymentProxyUnreachable":
      return new PaymentProxyUnreachable({ detail: failure.detail, idempotencyKey })
    case "PaymentProxyUnreadable":
      return new PaymentProxyUnreadable({ detail: failure.detail, idempotencyKey })
  }
}
