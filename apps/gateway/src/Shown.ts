import { HttpServerResponse } from "@effect/platform"

/** JSON that is written already; `body` is how it goes out. */
export const text = (written: string, body: unknown, status: number): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.raw(body, { status, contentType: "application/json", contentLength: Buffer.byteLength(written) })

/** A value as JSON. */
export const json = (value: unknown, status: number): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeJson(value, { status })

/** A page of a list. */
export const list = (items: ReadonlyArray<unknown>, next: string | null): HttpServerResponse.HttpServerResponse =>
  json({ items, next }, 200)
