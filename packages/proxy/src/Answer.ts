import type { IncomingMessage, ServerResponse } from "node:http"
import { pipeline } from "node:stream"
import { Either } from "effect"
import * as Exchange from "./Exchange.ts"
import * as Headers from "./Headers.ts"
import type { Outgoing, Response } from "./Message.ts"
import * as Metrics from "./Metrics.ts"
import type { Broken, Problem, Refusal } from "./Refusal.ts"
import { smallBytes } from "./RequestBody.ts"

const typeOf = (code: string): string => `urn:payment-proxy:problem:${code.toLowerCase().replaceAll("_", "-")}`

/** A problem as an answer (RFC 9457). */
export const ofProblem = ({
  problem,
  headers
}: {
  readonly problem: Problem
  readonly headers: Headers.Headers
}): Response => {
  const { title, status, code, detail, errors } = problem
  const body = { type: typeOf(code), title, status, code, detail, ...(errors === undefined ? {} : { errors }) }
  return {
    status,
    headers: ["content-type", "application/problem+json", ...headers],
    body: { _tag: "Bytes", bytes: Buffer.from(JSON.stringify(body)) }
  }
}

/** A body that is still coming and is longer than we would read for nothing, or that was waited for in vain. */
const isUploading = (request: IncomingMessage, status: number): boolean => {
  if (request.complete) return false
  if (status === 408) return true
  const { "content-length": length, "transfer-encoding": coding } = request.headers
  return coding !== undefined || Number(length ?? 0) > smallBytes || request.headers.expect !== undefined
}

const withLength = (headers: Headers.Headers, length: number): Headers.Headers => {
  const isStated = Headers.get(headers, "content-length") === String(length)
  return isStated ? headers : Headers.set(headers, "content-length", String(length))
}

/** The lines of an answer, with the length of a body that is whole. */
const headersOf = ({ status, headers, body }: Response, isHead: boolean): Headers.Headers => {
  if (isHead || status === 204 || status === 304) return headers
  if (body._tag === "Bytes") return withLength(headers, body.bytes.length)
  if (body._tag === "Pieces") return withLength(headers, body.length)
  return body._tag === "Empty" ? withLength(headers, 0) : headers
}

const pour = (body: Outgoing, response: ServerResponse, trailers: Response["trailers"]): void => {
  const exchange = Exchange.of(body)
  if (exchange === undefined) return void response.destroy()
  response.once("close", () => exchange.stop())
  exchange.pour(Exchange.toClient(exchange, response, trailers))
}

/** The exchange that an answer's body still comes from. */
export const exchangeOf = ({ body }: Response): Exchange.Exchange | undefined => {
  if (body._tag === "Outgoing") return Exchange.of(body)
  return body._tag === "Rest" ? Exchange.of(body.rest) : undefined
}

const drop = ({ body }: Response): void => {
  if (body._tag === "Outgoing") body.drop()
  if (body._tag === "Rest") body.rest.drop()
}

const writeBody = ({ body, trailers }: Response, response: ServerResponse): void => {
  switch (body._tag) {
    case "Empty":
      return void response.end()
    case "Bytes":
      return void response.end(body.bytes)
    case "Pieces":
      return void pipeline(body.pieces, response, () => {})
    case "Outgoing":
      return pour(body, response, trailers)
    case "Rest":
      response.write(body.first)
      return pour(body.rest, response, trailers)
  }
}

/** Answers a request. A client in mid-upload is told that the connection ends with this answer. */
export const write = (answer: Response, request: IncomingMessage, response: ServerResponse): void => {
  if (response.destroyed || response.headersSent) return drop(answer)
  const lines = [...headersOf(answer, request.method === "HEAD")]
  if (isUploading(request, answer.status) && Headers.get(lines, "connection") === undefined)
    lines.push("connection", "close")
  const written = Either.try(() => response.writeHead(answer.status, lines))
  if (Either.isRight(written)) return writeBody(answer, response)
  drop(answer)
  response.destroy()
}

/** Answers a request that came to nothing. */
export const refuse = (failure: Refusal | Broken, request: IncomingMessage, response: ServerResponse): void => {
  Metrics.note(response, failure.problem.code)
  write(ofProblem(failure), request, response)
}
