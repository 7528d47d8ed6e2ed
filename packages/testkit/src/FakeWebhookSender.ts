import type { Message } from "@payment-proxy/ports"
import { NotDelivered, WebhookSender } from "@payment-proxy/ports"
import { Clock, Context, Effect, Layer } from "effect"

/** What the endpoint answers to a try. */
export type Answer = number | { readonly status: number; readonly retryAfterMillis: number } | "unreachable"

/** A message as the endpoint got it. */
export interface Got extends Message {
  readonly atMillis: number
  /** What it was answered; `null` where nobody was reached. */
  readonly status: number | null
}

/** The knobs of the fake: what endpoints answer from now on, and what they got. */
export class FakeEndpoint extends Context.Tag("@payment-proxy/testkit/FakeEndpoint")<
  FakeEndpoint,
  {
    /** The next tries are answered with these, one each; then 204 again. */
    readonly answer: (...answers: ReadonlyArray<Answer>) => Effect.Effect<void>
    readonly got: Effect.Effect<ReadonlyArray<Got>>
  }
>() {}

const failed = (answer: Answer): NotDelivered => {
  const status = typeof answer === "number" ? answer : answer === "unreachable" ? null : answer.status
  const retryAfterMillis = typeof answer === "object" ? answer.retryAfterMillis : null
  return new NotDelivered({ reason: `HTTP ${status}`, status, retryAfterMillis, gone: status === 410 })
}

const isTaking = (answer: Answer): answer is number => typeof answer === "number" && answer >= 200 && answer < 300

/** A sender whose endpoints take everything, unless told otherwise. */
export const layer: Layer.Layer<WebhookSender | FakeEndpoint> = Layer.effectContext(
  Effect.sync(() => {
    const got: Array<Got> = []
    const answers: Array<Answer> = []
    const sender = WebhookSender.of({
      send: (message) =>
        Effect.gen(function* () {
          const answer = answers.shift() ?? 204
          const status = typeof answer === "number" ? answer : answer === "unreachable" ? null : answer.status
          got.push({ ...message, atMillis: yield* Clock.currentTimeMillis, status })
          return isTaking(answer) ? answer : yield* failed(answer)
        })
    })
    const endpoint = FakeEndpoint.of({
      answer: (...next) => Effect.sync(() => void answers.push(...next)),
      got: Effect.sync(() => [...got])
    })
    return Context.make(WebhookSender, sender).pipe(Context.add(FakeEndpoint, endpoint))
  })
)
