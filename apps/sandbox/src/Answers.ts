import type { ServerResponse } from "node:http"
import type { Fault, Own } from "./Faults.ts"
import { ownIn } from "./Faults.ts"
import * as Page from "./Page.ts"

/** What leaves, before any fault touches it; `did` and `numbers` are for the ledger. */
export interface Reply {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string | Buffer
  readonly did: string
  readonly numbers: ReadonlyArray<string>
}

/** How one who answers says in its own words what a fault wants: a refusal, too many requests, a server's error, an unknown number; `status` is the one that the fault asks for. */
export type Words = (what: "reject" | "throttle" | "error" | "not-found", status: number | undefined) => Reply

/** Answers with JSON. */
export const sendJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {}
): void => send(response, status, { "content-type": "application/json", ...headers }, JSON.stringify(body))

const send = (
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: string | Buffer
): void => {
  // With its length told, head and body leave in one piece; an answer without content tells none (RFC 9110 §8.6).
  const length = status === 204 ? {} : { "content-length": String(Buffer.byteLength(body)) }
  response.writeHead(status, { ...headers, ...length }).end(body)
}

/** 支付成功 in GBK, which is no UTF-8. */
const gbk = Buffer.from([0xd6, 0xa7, 0xb8, 0xb6, 0xb3, 0xc9, 0xb9, 0xa6])

/** An answer of which a byte comes now and then, for as long as the client bears it. */
const drip = (response: ServerResponse, { status, headers }: Reply, bytes: Buffer, millis: number): void => {
  response.writeHead(status, { ...headers, "content-length": String(bytes.length) })
  let at = 0
  const timer = setInterval(() => {
    if (response.destroyed || response.writableEnded) clearInterval(timer)
    else if (at < bytes.length) response.write(bytes.subarray(at, ++at))
    else response.end()
  }, millis).unref()
  response.once("close", () => clearInterval(timer))
}

/** What a token's life is said to be instead; `undefined` leaves it out. */
const lives: { readonly [fault: string]: unknown } = {
  "expires-huge": 1e15,
  "expires-zero": 0,
  "expires-negative": -1,
  "expires-absent": undefined,
  "expires-text": "soon",
  "expires-digits": "600"
}

/** Whether a fault is about what a token's life is said to be. */
export const isOfLife = ({ fault }: Fault): boolean => Object.hasOwn(lives, fault)

const withLife = (text: string, { fault }: Fault): string =>
  JSON.stringify({ ...JSON.parse(text), expires_in: lives[fault] })

/** From here on, what is answered of a token's life is what the fault says. */
export const tellLife = (response: ServerResponse, fault: Fault): void => {
  const end = response.end.bind(response)
  const told = (body: unknown): unknown => {
    if (response.statusCode !== 200) return body
    const text = withLife(String(body), fault)
    response.setHeader("content-length", Buffer.byteLength(text))
    return text
  }
  response.end = ((body: unknown) => end(told(body))) as typeof response.end
}

/** What is said in place of an answer, where a fault wants that. */
const wordOf = ({ fault }: Fault): Parameters<Words>[0] | undefined => {
  if (fault === "reject" || fault === "throttle" || fault === "not-found") return fault
  return fault === "error-before-accept" || fault === "error-after-accept" ? "error" : undefined
}

/** Whether a fault keeps the call from being done. */
const isBefore = ({ fault }: Fault): boolean =>
  ["drop-before-accept", "error-before-accept", "reject", "throttle", "not-found"].includes(fault)

/** What leaves where a fault touches the bytes of an answer, or its being sent at all; other faults let it pass. */
const sendBroken = (response: ServerResponse, fault: Fault, said: Reply): void => {
  const { status, headers, body } = said
  const bytes = Buffer.from(body)
  const as = (changed: string | Buffer, type = headers["content-type"] ?? "application/json"): void =>
    send(response, status, { ...headers, "content-type": type }, changed)
  switch (fault.fault) {
    case "drop-before-accept":
    case "drop-after-accept":
      response.destroy()
      return
    case "hang":
      return
    case "garbage":
      return send(response, 200, headers, '{"id":"pay_')
    case "html":
      return Page.send(response, 200, fault.text ?? "<!doctype html><title>Welcome</title><h1>It works!</h1>")
    case "truncate":
      response.writeHead(status, { ...headers, "content-length": String(bytes.length + 100) })
      response.write(bytes, () => response.destroy())
      return
    case "cut":
      // Without a length and with an end: half of an answer looks like a whole one.
      response.useChunkedEncodingByDefault = false
      response.writeHead(status, { ...headers, connection: "close" }).end(bytes.subarray(0, bytes.length / 2))
      return
    case "drip":
      return drip(response, said, bytes, fault.millis ?? 200)
    case "utf16":
      return as(Buffer.from(bytes.toString("utf8"), "utf16le"))
    case "gbk":
      return as(Buffer.concat([Buffer.from('{"note":"'), gbk, Buffer.from('"}')]))
    case "bom":
      return as(Buffer.concat([Buffer.from("\uFEFF"), bytes]))
    case "wrong-type":
      return as(bytes, "text/plain")
    default:
      return isOfLife(fault) && status === 200
        ? as(withLife(bytes.toString("utf8"), fault))
        : send(response, status, headers, body)
  }
}

const sleep = (millis: number): Promise<void> => new Promise((done) => setTimeout(done, millis).unref())

/** A call that is to be answered, with the fault that fires on it. */
export interface Asked {
  readonly fault: Fault | undefined
  /** Of whom the call is, for the ledger where nothing is done. */
  readonly number: string
  /** Does what was asked; it is given the name of a fault that only who answers can play. */
  readonly act: (fault: Own | undefined) => Reply | Promise<Reply>
  readonly words: Words
  /** Puts what was done into the ledger. */
  readonly record: (reply: Pick<Reply, "did" | "numbers">, status: number | "dropped" | "hung") => void
  /** What goes on between the ledger and the answer, where something was done. */
  readonly accepted?: () => Promise<void>
}

const recordedStatus = (fault: Fault | undefined, status: number): number | "dropped" | "hung" => {
  if (fault?.fault.startsWith("drop") === true) return "dropped"
  return fault?.fault === "hang" ? "hung" : status
}

/** What is done of a call: nothing, in the vendor's words, where the fault is one before acceptance. */
const done = ({ act, words, number }: Asked, fault: Fault | undefined): Reply | Promise<Reply> => {
  if (fault === undefined || !isBefore(fault)) return act(ownIn(fault?.fault))
  const word = wordOf(fault)
  const nothing: Reply = { status: 503, headers: {}, body: "", did: "nothing", numbers: [number] }
  return word === undefined ? nothing : { ...words(word, fault.status), did: "nothing", numbers: [number] }
}

/** Answers a call as its fault wants: the ledger is written before the answer leaves. */
export const answer = async (response: ServerResponse, asked: Asked): Promise<void> => {
  const { words, record, accepted } = asked
  if (asked.fault?.fault === "latency") await sleep(asked.fault.millis ?? 1000)
  const fault = asked.fault?.fault === "latency" ? undefined : asked.fault
  const doing = done(asked, fault)
  // What was done at once is put down at once, next to the changes that it made.
  const said = doing instanceof Promise ? await doing : doing
  const did = fault === undefined ? said.did : `${said.did} (${fault.fault})`
  record({ did, numbers: said.numbers }, recordedStatus(fault, said.status))
  if (fault === undefined || !isBefore(fault)) await accepted?.()
  if (fault === undefined) return send(response, said.status, said.headers, said.body)
  if (fault.fault === "late") await sleep(fault.millis ?? 1000)
  return sendBroken(response, fault, fault.fault === "error-after-accept" ? words("error", fault.status) : said)
}
