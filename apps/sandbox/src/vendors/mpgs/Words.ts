import { randomHex } from "../../Random.ts"
import type { On, Words } from "../Serving.ts"
import type { Reply } from "../Vendor.ts"

/** What is wrong with a request, in the gateway's own terms. */
export interface Wrong {
  readonly status: number
  readonly cause: "INVALID_REQUEST" | "REQUEST_REJECTED" | "SERVER_BUSY" | "SERVER_FAILED"
  readonly explanation: string
  readonly field?: string
  readonly validationType?: "INVALID" | "MISSING" | "UNSUPPORTED"
}

const contentType = "application/json;charset=UTF-8"

/** An answer in JSON. */
export const json = (status: number, body: object, did: string, number: string): Reply => ({
  status,
  headers: { "content-type": contentType },
  body: JSON.stringify(body),
  did,
  numbers: number === "" ? [] : [number]
})

/** A request that is not accepted, and the field that is to blame where one is. */
export const invalid = (explanation: string, field?: string, validationType?: Wrong["validationType"]): Wrong => ({
  status: 400,
  cause: "INVALID_REQUEST",
  explanation,
  ...(field === undefined ? {} : { field }),
  ...(validationType === undefined ? {} : { validationType })
})

/** A field that has to be there and is not. */
export const missing = (field: string): Wrong => invalid(`The field ${field} is missing.`, field, "MISSING")

/** Whose credentials are not right. */
export const rejected: Wrong = {
  status: 401,
  cause: "REQUEST_REJECTED",
  explanation: "The credentials are not valid for this merchant."
}

/** The body in which the gateway says what is wrong. */
export const errorBody = ({ status: _, ...error }: Wrong): object => ({
  error: {
    ...error,
    ...(error.cause === "SERVER_BUSY" || error.cause === "SERVER_FAILED" ? { supportCode: randomHex(4) } : {})
  },
  result: "ERROR"
})

/** The answer that says what is wrong. */
export const refusal = (wrong: Wrong, number: string, more: object = {}): Reply => {
  const said = json(wrong.status, { ...errorBody(wrong), ...more }, "refused", number)
  if (wrong.status !== 401) return said
  return { ...said, headers: { ...said.headers, "www-authenticate": 'Basic realm="Gateway"' } }
}

const operations: ReadonlyArray<On> = ["capture", "complete", "refund", "close"]

/** The gateway is told to be busy with the order by a throttle of status 201: another transaction is running on it. */
const locked = (number: string): Reply =>
  json(201, { order: { id: number }, response: { gatewayCode: "LOCK_FAILURE" }, result: "FAILURE" }, "refused", number)

const wrongOf = (what: Parameters<Words>[0], status: number | undefined): Wrong => {
  if (what === "not-found") return invalid("Unable to find order, cannot retrieve.")
  if (what === "throttle")
    return { status: status ?? 503, cause: "SERVER_BUSY", explanation: "The system is busy, try again later." }
  if (what === "error")
    return { status: status ?? 500, cause: "SERVER_FAILED", explanation: "The system failed to process the request." }
  if (status === 401 || status === 403) return { ...rejected, status }
  return { ...invalid("The request is not accepted."), status: status ?? 400 }
}

/** How the gateway says what a fault wants of a call. */
export const wordsFor =
  (on: On, number: string): Words =>
  (what, status) =>
    what === "throttle" && status === 201 && operations.includes(on)
      ? locked(number)
      : refusal(wrongOf(what, status), number)
