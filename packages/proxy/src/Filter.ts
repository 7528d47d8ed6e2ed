import { Data, type Effect, type Schema, type Scope } from "effect"
import type { Request, Response } from "./Message.ts"
import type { Pattern } from "./Pattern.ts"
import { type Broken, Refusal } from "./Refusal.ts"

/** Takes a call to its answer: what stands behind a filter. */
export type Handler = (request: Request) => Effect.Effect<Response, Refusal | Broken>

/**
 * Around a call: sees the request's head, may claim its body, may answer itself; sees the answer's head, may claim its body.
 * `next` may be called more than once where the body can be sent again. A caller who leaves interrupts it; what must be
 * finished all the same is `Effect.uninterruptible`.
 */
export interface Filter {
  readonly around: (next: Handler) => Handler
  /** All that `around` does, of a filter that looks at a request's head alone: calls with none but such need no fiber. */
  readonly head?: (request: Request) => Request | Refusal
  /** Calls that the route passes because of this filter, beside what it allows; an `allow` that covers one is refused. */
  readonly operations?: ReadonlyArray<Pattern>
}

/** A filter that changes a request's head, or refuses the call by it, and does nothing else. */
export const ofHead = (head: (request: Request) => Request | Refusal): Filter => ({
  head,
  around: (next) => (request) => {
    const changed = head(request)
    return changed instanceof Refusal ? changed : next(changed)
  }
})

/** Where a filter stands. */
export interface Place {
  readonly route: string
  readonly vendor: string
  /** The names of the filters of this route, in order. */
  readonly filters: ReadonlyArray<string>
}

/** The filter cannot be made so: each fault says where in its options, and how to mend it. */
export class FilterUnfit extends Data.TaggedError("FilterUnfit")<{
  readonly faults: ReadonlyArray<{ readonly at: string; readonly detail: string }>
}> {}

/** A filter as the configuration names it. A package of a team's own exports one as its default. */
export interface FilterKind<O, I, R = never> {
  readonly name: string
  readonly options: Schema.Schema<O, I>
  readonly make: (options: O, place: Place) => Effect.Effect<Filter, FilterUnfit, R | Scope.Scope>
}

/** A filter kind whose options nobody but itself knows the type of: `options` decodes what `make` takes. */
export interface AnyKind<R = never> {
  readonly name: string
  readonly options: Schema.Schema.AnyNoContext
  readonly make: (options: never, place: Place) => Effect.Effect<Filter, FilterUnfit, R | Scope.Scope>
}

/** A filter kind, typed by its options. */
export const kind = <O, I, R = never>(of: FilterKind<O, I, R>): FilterKind<O, I, R> => of
