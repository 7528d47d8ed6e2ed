import { OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { expect, it } from "vitest"
import { Api, Event, Examples, Order, Problem } from "../src/index.ts"

interface Operation {
  readonly security?: ReadonlyArray<object>
  readonly responses: { readonly [status: string]: { readonly content?: { readonly [type: string]: Media } } }
}
interface Media {
  readonly schema: { readonly $ref?: string }
  readonly examples?: {
    readonly [name: string]: { readonly value: { readonly code?: string; readonly status?: number } }
  }
}

const document = JSON.parse(JSON.stringify(OpenApi.fromApi(Api))) as {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } }
  readonly webhooks: object
  readonly components: { readonly schemas: object; readonly securitySchemes: object }
}

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation }))
)

it("names every call", () => {
  expect(operations.map(({ name }) => name).sort()).toEqual([
    "GET /healthz",
    "GET /metrics",
    "GET /readyz",
    "GET /return/{vendor}",
    "GET /v1/orders",
    "GET /v1/orders/{payOrderNo}",
    "GET /v1/orders/{payOrderNo}/events",
    "GET /v1/orders/{payOrderNo}/history",
    "GET /v1/orders/{payOrderNo}/refunds",
    "GET /v1/orders/{payOrderNo}/refunds/{refundNo}",
    "POST /notify/{vendor}",
    "POST /v1/events/{id}/redeliver",
    "POST /v1/orders",
    "POST /v1/orders/{payOrderNo}/capture",
    "POST /v1/orders/{payOrderNo}/close",
    "POST /v1/orders/{payOrderNo}/refunds",
    "POST /v1/orders/{payOrderNo}/sync"
  ])
})

it("every reference leads somewhere", () => {
  const names = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name)
  expect(names.length).toBeGreaterThan(10)
  for (const name of names) expect(Object.keys(document.components.schemas)).toContain(name)
})

it.each(operations)("$name: apps prove themselves, vendors and health checks do not", ({ name, operation }) => {
  expect(operation.security).toEqual(name.includes("/v1/") ? [{ appKey: [] }] : [])
})

it.each(operations)("$name: every error is a problem under its own status, with an example", ({ operation }) => {
  for (const [status, { content = {} }] of Object.entries(operation.responses)) {
    if (Number(status) < 400) continue
    expect(Object.keys(content)).toEqual([Problem.contentType])
    const examples = Object.entries(content[Problem.contentType]?.examples ?? {})
    expect(examples.length).toBeGreaterThan(0)
    for (const [code, { value }] of examples) {
      expect([value.code, String(value.status)]).toEqual([code, status])
      Schema.decodeUnknownSync(Problem.Problem, { onExcessProperty: "error" })(value)
    }
  }
})

it("the examples are what their schemas say", () => {
  const strict = { onExcessProperty: "error" } as const
  for (const order of [
    Examples.pending,
    Examples.failed,
    Examples.inDoubt,
    Examples.paid,
    Examples.closed,
    Examples.closing,
    Examples.authorized,
    Examples.captured,
    Examples.capturing
  ])
    Schema.decodeUnknownSync(Order.Order, strict)(order)
  for (const refund of [Examples.refund, Examples.refundInDoubt, Examples.refunded, Examples.refundFailed])
    Schema.decodeUnknownSync(Order.Refund, strict)(refund)
  for (const kept of [Examples.kept, Examples.redelivered]) Schema.decodeUnknownSync(Event.Kept, strict)(kept)
  Schema.decodeUnknownSync(Order.History, strict)(Examples.history)
  Schema.decodeUnknownSync(Event.Event, strict)(Examples.event)
  Schema.decodeUnknownSync(Event.Event, strict)(Examples.refundEvent)
})

it("a problem has a stable URN, its title and its status", () => {
  expect(Problem.make("BODY_TOO_LARGE", "Shorter.")).toEqual({
    type: "urn:payment-proxy:problem:body-too-large",
    title: "The body is too large",
    status: 413,
    code: "BODY_TOO_LARGE",
    detail: "Shorter."
  })
})
