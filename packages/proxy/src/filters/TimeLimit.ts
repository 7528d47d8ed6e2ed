import { Effect, Schema } from "effect"
import { kind } from "../Filter.ts"
import type { Limits } from "../Message.ts"

const limit = Schema.optionalWith(Schema.Int.pipe(Schema.between(1, 86_400_000)), { exact: true })

const Options = Schema.Struct({
  connectMillis: limit,
  headMillis: limit,
  idleMillis: limit,
  totalMillis: limit
}).pipe(
  Schema.filter((options) => Object.keys(options).length > 0, {
    message: () => "Name at least one of connectMillis, headMillis, idleMillis and totalMillis."
  })
)

const narrowed = (limits: Limits, options: typeof Options.Type): Limits => ({
  connectMillis: Math.min(limits.connectMillis, options.connectMillis ?? limits.connectMillis),
  headMillis: Math.min(limits.headMillis, options.headMillis ?? limits.headMillis),
  idleMillis: Math.min(limits.idleMillis, options.idleMillis ?? limits.idleMillis),
  totalMillis: Math.min(limits.totalMillis, options.totalMillis ?? limits.totalMillis)
})

/** Shortens the phases of a call; a limit beyond the route's own changes nothing. */
export const timeLimit = kind({
  name: "time-limit",
  options: Options,
  make: (options) =>
    Effect.succeed({
      around: (next) => (request) => next({ ...request, limits: narrowed(request.limits, options) })
    })
})
