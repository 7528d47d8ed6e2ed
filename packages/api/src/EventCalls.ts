import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import * as Document from "./Document.ts"
import { EventList, Kept } from "./Event.ts"
import * as Examples from "./Examples.ts"
import { EventHeaders, eventParam, orderNoParam } from "./Parameters.ts"
import type { Code } from "./Problem.ts"
import { answers, forApps } from "./Problem.ts"

const accepted = Kept.annotations(HttpApiSchema.annotations({ identifier: "KeptEvent", status: 202 }))

const listing: ReadonlyArray<Code> = ["ORDER_NOT_FOUND", "STREAMS_TOO_MANY", "STREAMS_FULL", ...forApps]
const redelivering: ReadonlyArray<Code> = ["EVENT_NOT_FOUND", "NO_ENDPOINT", ...forApps]

const list = HttpApiEndpoint.get("list")`/v1/orders/${orderNoParam}/events`
  .setHeaders(EventHeaders)
  .addSuccess(EventList)
  .addError(answers(...listing))
  .annotateContext(
    Document.call({
      title: "Follow an order",
      description:
        "The events of the order and of its refunds, and what became of each at your endpoints. With `Accept: text/event-stream`, as Server-Sent Events: those that are there, then each as it happens, for at most an hour; `Last-Event-ID` goes on after that event.",
      isForApps: true,
      problems: listing,
      answers: {
        200: {
          description: "The events, in the order in which they came about",
          examples: { paid: { items: [Examples.kept], next: null } },
          also: {
            "text/event-stream": {
              schema: {
                type: "string",
                description: "`id`: the event's; `event`: its type; `data`: it, as a webhook's body"
              },
              examples: { paid: { value: Examples.stream } }
            }
          }
        }
      }
    })
  )

const redeliver = HttpApiEndpoint.post("redeliver")`/v1/events/${eventParam}/redeliver`
  .addSuccess(accepted)
  .addError(answers(...redelivering))
  .annotateContext(
    Document.call({
      title: "Send an event again",
      description:
        "To every endpoint that it was meant for, at once, whatever became of it before; its schedule begins anew.",
      isForApps: true,
      problems: redelivering,
      answers: { 202: { description: "It is on its way", examples: { again: Examples.redelivered } } }
    })
  )

/** What apps are told of. */
export const events = HttpApiGroup.make("events")
  .add(list)
  .add(redeliver)
  .annotateContext(
    OpenApi.annotations({ description: "What webhooks bring, for those who were away or want to watch." })
  )
