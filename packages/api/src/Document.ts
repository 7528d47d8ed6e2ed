import { OpenApi } from "@effect/platform"
import * as Event from "./Event.ts"
import * as Examples from "./Examples.ts"
import * as Problem from "./Problem.ts"

/** The OpenAPI document as the library makes it, before it is finished here. */
type Spec = Parameters<Parameters<typeof OpenApi.Transform.of>[0]>[0]

/** An answer that tells of success, for the reader of the document. */
export interface Told {
  readonly description: string
  readonly examples: { readonly [name: string]: unknown }
  /** The same in other media types. */
  readonly also?: { readonly [mediaType: string]: unknown }
}

/** What the document says of an endpoint beyond its types: who may call it, its examples, and every error it can answer. */
export interface Call {
  readonly title: string
  readonly description: string
  readonly isForApps: boolean
  readonly problems: ReadonlyArray<Problem.Code>
  readonly answers: { readonly [status: number]: Told }
  readonly request?: Record<string, unknown>
}

const values = (examples: { readonly [name: string]: unknown }) =>
  Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]))

const challenge = { "WWW-Authenticate": { description: "RFC 6750 §3", schema: { type: "string" } } }
const retryAfter = { "Retry-After": { description: "Seconds", schema: { type: "integer" } } }

const headersOf = (among: ReadonlyArray<Problem.Code>) => ({
  ...(among.includes("UNAUTHORIZED") ? challenge : {}),
  ...(among.some((code) => Problem.isPassing(code)) ? retryAfter : {})
})

const problems = (among: ReadonlyArray<Problem.Code>) =>
  Object.fromEntries(
    Problem.byStatus(among).map(([status, here]) => [
      status,
      {
        description: Problem.described(here),
        headers: headersOf(here),
        content: {
          [Problem.contentType]: {
            schema: { $ref: "#/components/schemas/Problem" },
            examples: values(Object.fromEntries(here.map((code) => [code, Examples.problem(code)])))
          }
        }
      }
    ])
  )

const answered = (responses: Spec, told: Call["answers"]) =>
  Object.fromEntries(
    Object.entries(told).map(([status, { description, examples, also = {} }]) => {
      const content = Object.entries<Spec>(responses[status].content ?? {}).map(([type, { schema }]) => [
        type,
        { schema, ...(Object.keys(examples).length === 0 ? {} : { examples: values(examples) }) }
      ])
      const all = { ...Object.fromEntries(content), ...also }
      return [status, { description, ...(Object.keys(all).length === 0 ? {} : { content: all }) }]
    })
  )

/** Headers as people write them, and those as required without which a handler refuses. */
const headers: { readonly [name: string]: object } = {
  "idempotency-key": { name: "Idempotency-Key", required: true },
  "last-event-id": { name: "Last-Event-ID" }
}

const keyed = (parameters: ReadonlyArray<Spec>) =>
  parameters.map((parameter) => ({ ...parameter, ...headers[parameter["name"]] }))

/** A body of JSON as the document tells of it. */
export const jsonBody = (schema: string, required: boolean, examples: { readonly [name: string]: unknown }) => ({
  required,
  content: {
    "application/json": { schema: { $ref: `#/components/schemas/${schema}` }, examples: values(examples) }
  }
})

/** The annotations of an endpoint: what the document says of it. */
export const call = (about: Call) =>
  OpenApi.annotations({
    title: about.title,
    summary: about.title,
    description: about.description,
    transform: (operation) => ({
      ...operation,
      parameters: keyed(operation["parameters"]),
      security: about.isForApps ? [{ appKey: [] }] : [],
      ...(about.request === undefined ? {} : { requestBody: about.request }),
      responses: {
        ...answered(operation["responses"], about.answers),
        ...problems([...about.problems, ...Problem.everywhere])
      }
    })
  })

const webhook = {
  post: {
    summary: "An order or a refund changed",
    description:
      "Sent to the app's endpoint, signed, until a 2xx answers it, for days: take it by `webhook-id` once, and by the `version` of its order or refund in order.",
    operationId: "webhooks.order",
    parameters: ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => ({
      name,
      in: "header",
      required: true,
      schema: { type: "string" }
    })),
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: { $ref: "#/components/schemas/Event" },
          examples: values({
            [Examples.event.type]: Examples.event,
            [Examples.refundEvent.type]: Examples.refundEvent
          })
        }
      }
    },
    responses: { "2XX": { description: "Taken" } }
  }
}

const security = {
  appKey: { type: "http", scheme: "bearer", description: "An app's key: `Authorization: Bearer pp_live_…`" }
}

/** The library's own error, which no call of ours answers: it goes out as `PARAMETER_INVALID`. */
const foreign: ReadonlySet<string> = new Set(["HttpApiDecodeError", "Issue", "PropertyKey"])

/** The whole document: with security, the events that apps receive, and without what no call answers. */
export const finished = (spec: Spec): Spec => {
  const schemas = Object.fromEntries(
    Object.entries<unknown>(spec["components"].schemas).filter(([name]) => !foreign.has(name))
  )
  return {
    ...spec,
    webhooks: { order: webhook },
    components: { ...spec["components"], schemas, securitySchemes: security }
  }
}

/** The schemas that only the document's webhooks and problems name. */
export const schemas = [Event.Event, Problem.Problem]
