import { Command, Options } from "@effect/cli"
import { Order } from "@payment-proxy/api"
import { Changes, Operators } from "@payment-proxy/application"
import { Deliveries, deliveryStates } from "@payment-proxy/ports"
import { Effect, Layer, Option } from "effect"
import * as Failed from "../Failed.ts"
import * as Layers from "../Layers.ts"
import { argument, leaf, optional } from "../Leaf.ts"
import * as Operator from "../Operator.ts"
import * as Shown from "../Shown.ts"

const list = leaf(
  "list",
  {
    about: "Lists events and what became of them, newest first.",
    example: "events list --app shop --state given-up",
    config: {
      app: optional("app", "Only this app's"),
      order: optional("order", "Only those of this order and its refunds"),
      endpoint: optional("endpoint", "Only those to this endpoint"),
      state: Options.choice("state", deliveryStates).pipe(
        Options.withDescription("Only those in this state; kept: no endpoint wanted it"),
        Options.optional
      ),
      after: optional("after", "Only what is older than this delivery: the last id of the page before"),
      limit: Options.integer("limit").pipe(
        Options.withDescription("At most so many, newest first"),
        Options.withDefault(20)
      )
    }
  },
  ({ app, order, endpoint, state, after, limit }) =>
    Effect.map(
      Effect.flatMap(Deliveries, (deliveries) =>
        Option.match(order, {
          onNone: () =>
            deliveries.search({
              app: Option.getOrNull(app),
              endpoint: Option.getOrNull(endpoint),
              state: Option.getOrNull(state),
              after: Option.getOrNull(after),
              limit
            }),
          onSome: (payOrderNo) =>
            Effect.map(deliveries.ofOrder(payOrderNo), (all) =>
              all
                .filter(
                  (one) =>
                    Option.getOrElse(app, () => one.app) === one.app &&
                    Option.getOrElse(endpoint, () => one.endpoint) === one.endpoint &&
                    Option.getOrElse(state, () => one.state) === one.state &&
                    one.id < Option.getOrElse(after, () => "~")
                )
                .toReversed()
                .slice(0, limit)
            )
        })
      ),
      (found) =>
        Shown.list(
          found.map(({ body: _, createdAtMillis, dueAtMillis, ...delivery }) => ({
            ...delivery,
            createdAt: Order.timeOf(createdAtMillis),
            nextTry: dueAtMillis === null ? null : Order.timeOf(dueAtMillis)
          })),
          ["EVENT", "TYPE", "ORDER", "ENDPOINT", "STATE", "TRIES", "CREATED", "NEXT TRY", "NOTE"],
          ({ eventId, type, payOrderNo, endpoint, state, tries, createdAt, nextTry, note }) => [
            eventId,
            type,
            payOrderNo,
            endpoint,
            state,
            tries,
            createdAt,
            nextTry,
            note
          ],
          "No such events."
        )
    )
)

const again = leaf(
  "resend",
  {
    about: "Sends an event again, to the endpoints that it went to before.",
    example: "events resend evt_019a…",
    config: { event: argument("event", "The event's id: evt_…") }
  },
  ({ event }) =>
    Effect.flatMap(
      Effect.flatMap(Operator.typing, (by) => Operators.resend(event, by)).pipe(Operator.did("event.resend", event)),
      (endpoints) =>
        endpoints === 0
          ? new Failed.Failed({
              exit: Failed.exits.refused,
              code: "NO_ENDPOINT",
              detail: "Its app has no endpoint that is told of such events: look at payment-proxy apps show."
            })
          : Effect.succeed<Shown.Shown>({
              json: { event, endpoints },
              text: `Event ${event} goes to ${endpoints} endpoint${endpoints === 1 ? "" : "s"} again.`
            })
    )
)

/** `payment-proxy events …` */
export const events = Command.make("events").pipe(
  Command.withDescription("What apps are told, and what became of it"),
  Command.withSubcommands([list, again]),
  Command.provide(Layer.provideMerge(Changes.layer, Layers.stores))
)
