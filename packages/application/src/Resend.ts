import { Apps, Deliveries } from "@payment-proxy/ports"
import { Data, Effect, Option } from "effect"
import { Changes } from "./Changes.ts"
import { isWanted } from "./Decision.ts"

/** No such event, or not this app's; events are kept for as long as the operator keeps old rows. */
export class EventNotFound extends Data.TaggedError("EventNotFound")<{ readonly eventId: string }> {}

const idForm = /^evt_[0-9A-Za-z]{1,60}$/

/** The deliveries of an event; nothing is looked for where there can be none. */
export const ofEvent = (eventId: string) =>
  Effect.flatMap(Deliveries, (deliveries) => (idForm.test(eventId) ? deliveries.ofEvent(eventId) : Effect.succeed([])))

/**
 * Sends an event again, of this app or, for operators (null), of any: at once, and on a schedule that begins anew, to every
 * endpoint that it went to before; where none of these is told anything any more, to those of the app that want its type.
 * Answers how many.
 */
export const resend = Effect.fnUntraced(function* (app: string | null, eventId: string) {
  const deliveries = yield* Deliveries
  const all = yield* ofEvent(eventId)
  const [event] = all
  if (event === undefined || (app !== null && event.app !== app)) return yield* new EventNotFound({ eventId })
  const owner = yield* Effect.flatMap(Apps, (apps) => apps.byId(event.app))
  const told = Option.match(owner, {
    onNone: () => [],
    onSome: ({ isDisabled, endpoints }) => (isDisabled ? [] : endpoints.filter(({ stopped }) => stopped === null))
  })
  const before = told.filter(({ id }) => all.some(({ endpoint }) => endpoint === id))
  const to = before.length > 0 ? before : told.filter(isWanted(event.type))
  const count = yield* deliveries.address(
    eventId,
    to.map(({ id }) => id)
  )
  if (count > 0) yield* Effect.flatMap(Changes, (changes) => changes.nudge("deliveries"))
  return count
})
