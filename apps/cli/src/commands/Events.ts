import { Command, Options } from "@effect/cli"
import { Order } from "@payment-proxy/api"
import { Deliveries, deliveryStates } from "@payment-proxy/ports"
import { Effect, Option } from "effect"
import { leaf, optional } from "../Leaf.ts"
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

/** `payment-proxy events …` */
export const events = Command.make("events").pipe(
  Command.withDescription("What apps are told, and what became of it"),
  Command.withSubcommands([list])
)
