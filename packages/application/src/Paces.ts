import { Context, Duration } from "effect"

/** How the loops over due work run. */
export interface Pace {
  /** So many pieces are worked at side by side, beside those that take long. */
  readonly batch: number
  /** So many deliveries, which mostly wait for others. */
  readonly deliveries: number
  /** A piece that has taken this long no longer keeps others waiting. */
  readonly quick: Duration.Duration
  /** At most so many pieces that take long are under way beside the others. */
  readonly slow: number
  /** How long work is gathered before more is claimed, while some is under way. */
  readonly gather: Duration.Duration
  /** At most so many deliveries are on their way to one endpoint. */
  readonly perEndpoint: number
  /** How long a claim is nobody else's; it is renewed while the work goes on, so that others take over soon after a death. */
  readonly lease: Duration.Duration
  /** How often an idle loop looks for work that nobody told it of. */
  readonly idle: Duration.Duration
  /** How long a piece rests that failed for a reason that is not its own; twice as long each time after. */
  readonly rest: Duration.Duration
}

/** The pace as configured, or this. */
export class Paces extends Context.Reference<Paces>()("@payment-proxy/application/Paces", {
  defaultValue: (): Pace => ({
    batch: 20,
    deliveries: 64,
    quick: Duration.millis(250),
    slow: 100,
    gather: Duration.millis(10),
    perEndpoint: 8,
    lease: Duration.seconds(10),
    idle: Duration.millis(500),
    rest: Duration.seconds(5)
  })
}) {}
