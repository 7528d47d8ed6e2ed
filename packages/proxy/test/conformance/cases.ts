import { expect, it } from "vitest"
import type { Refusal } from "../../src/index.ts"
import * as Upstream from "./upstream.ts"
import * as Wire from "./wire.ts"
import * as World from "./world.ts"

/** A request as the upstream must have received it. */
export interface Received {
  /** Method and target. */
  readonly line: string
  /** All lines end to end, but for those that the proxy writes itself; in the order in which they came. */
  readonly lines?: ReadonlyArray<string>
  /** Values by name in lower case, lines of one name joined; undefined: not there. */
  readonly named?: Readonly<Record<string, string | RegExp | undefined>>
  readonly body?: Wire.Wire
  readonly framing?: Wire.Framing
}

/** An answer as the client must have received it. */
export interface Answered {
  readonly status: number | ReadonlyArray<number>
  /** Of a problem that is our own. */
  readonly code?: Refusal.Code | ReadonlyArray<Refusal.Code>
  readonly lines?: ReadonlyArray<string>
  readonly named?: Readonly<Record<string, string | RegExp | undefined>>
  readonly body?: Wire.Wire
  readonly framing?: Wire.Framing | ReadonlyArray<Wire.Framing>
  /** False where the answer must be seen to be broken. */
  readonly isWhole?: boolean
}

/** One way in which a case may end well. */
export interface Outcome {
  readonly upstream: ReadonlyArray<Received>
  /** Empty: the connection ends without an answer. */
  readonly client: ReadonlyArray<Answered>
  /** Beside what is in `upstream`, some request may have been begun; none of those may be whole. */
  readonly mayBegin?: boolean
}

/** Bytes from the client, and what must have become of them on both sides when the proxy has ended the connection. */
export interface Case extends Partial<Outcome> {
  readonly name: string
  /** In the table of behaviours of the specification. */
  readonly id?: string
  readonly send: Wire.Wire | ReadonlyArray<Wire.Wire>
  /** What the upstream answers, request by request; the last again and again. */
  readonly answers?: ReadonlyArray<Wire.Wire>
  /** The upstream closes its connection after an answer. */
  readonly isLast?: boolean
  readonly world?: Omit<World.Options, "upstream">
  /** The methods of the requests, where one is HEAD. */
  readonly methods?: ReadonlyArray<string>
  /** Where the specification leaves a choice. */
  readonly either?: ReadonlyArray<Outcome>
}

const written = {
  upstream:
    /^(?:host|connection|content-length|transfer-encoding|via|forwarded|x-forwarded-(?:for|host|proto|port|prefix))$/i,
  client: /^(?:date|connection|keep-alive|content-length|transfer-encoding|via)$/i
}

const endToEnd = (side: keyof typeof written, lines: ReadonlyArray<Wire.Line>): ReadonlyArray<string> =>
  lines.filter(([name]) => !written[side].test(name)).map(([name, value]) => `${name}: ${value}`)

const namesMatch = (lines: ReadonlyArray<Wire.Line>, named: NonNullable<Received["named"]>): void => {
  for (const [name, expected] of Object.entries(named)) {
    const value = Wire.get(lines, name)
    if (expected instanceof RegExp)
      expect(`${name}: ${value}`).toMatch(new RegExp(`^${name}: (?:${expected.source})$`, "s"))
    else expect(`${name}: ${value}`).toBe(`${name}: ${expected}`)
  }
}

const hop = /^(?:keep-alive|proxy-.*|te|trailer|upgrade|http2-settings|expect)$/i

const receivedMatches = (message: Wire.Message, expected: Received, target: string): void => {
  expect(message.start).toBe(`${expected.line} HTTP/1.1`)
  expect(Wire.all(message.lines, "host")).toEqual([target])
  expect(Wire.all(message.lines, "connection").filter((value) => !/^(?:keep-alive|close)$/i.test(value))).toEqual([])
  expect(
    message.lines.filter(([name, value]) => hop.test(name) && `${name}: ${value}`.toLowerCase() !== "te: trailers")
  ).toEqual([])
  expect(message.trailers).toEqual([])
  if (expected.lines !== undefined) expect(endToEnd("upstream", message.lines)).toEqual(expected.lines)
  if (expected.named !== undefined) namesMatch(message.lines, expected.named)
  if (expected.body !== undefined)
    expect(message.body.toString("latin1")).toBe(Wire.bytes(expected.body).toString("latin1"))
  if (expected.framing !== undefined) expect(message.framing).toBe(expected.framing)
}

/** That an answer is a problem of ours as RFC 9457 has it. */
export const isProblem = (message: Wire.Message, code: Answered["code"]): void => {
  expect(Wire.get(message.lines, "content-type")).toMatch(/^application\/problem\+json/)
  const problem = JSON.parse(message.body.toString("utf8"))
  expect([code].flat()).toContain(problem.code)
  expect(problem).toMatchObject({
    type: `urn:payment-proxy:problem:${problem.code.toLowerCase().replaceAll("_", "-")}`,
    status: Wire.statusOf(message),
    title: expect.stringMatching(/./),
    detail: expect.stringMatching(/./)
  })
}

const answeredMatches = (message: Wire.Message, expected: Answered): void => {
  expect([expected.status].flat(), message.start).toContain(Wire.statusOf(message))
  expect(message.isWhole).toBe(expected.isWhole ?? true)
  // Node's own parser answers without one.
  expect(Wire.all(message.lines, "date").length).toBeLessThanOrEqual(1)
  if (expected.code !== undefined) isProblem(message, expected.code)
  if (expected.lines !== undefined) expect(endToEnd("client", message.lines)).toEqual(expected.lines)
  if (expected.named !== undefined) namesMatch(message.lines, expected.named)
  if (expected.body !== undefined)
    expect(message.body.toString("latin1")).toBe(Wire.bytes(expected.body).toString("latin1"))
  if (expected.framing !== undefined) expect([expected.framing].flat()).toContain(message.framing)
}

/** What was there when all was over. */
interface Seen {
  readonly upstream: Upstream.Upstream
  readonly reading: Wire.Reading
}

const matches = ({ upstream, reading }: Seen, expected: Outcome): void => {
  const received = expected.mayBegin ? upstream.messages().filter(({ isWhole }) => isWhole) : upstream.messages()
  if (!expected.mayBegin) expect(upstream.faults()).toEqual([])
  expect(received.map(({ start }) => start)).toEqual(expected.upstream.map(({ line }) => `${line} HTTP/1.1`))
  if (expected.upstream.length === 0 && !expected.mayBegin) expect(upstream.connections.length, "connections").toBe(0)
  for (const [index, message] of received.entries())
    receivedMatches(message, expected.upstream[index] ?? { line: "" }, `127.0.0.1:${upstream.port}`)
  const final = reading.messages.filter((message) => Wire.statusOf(message) >= 200)
  expect(final.map(({ start }) => start).length, final.map(({ start }) => start).join()).toBe(expected.client.length)
  for (const [index, message] of final.entries()) {
    const answer = expected.client[index]
    if (answer !== undefined) answeredMatches(message, answer)
  }
}

const oneMatches = (seen: Seen, outcomes: ReadonlyArray<Outcome>): void => {
  const failures: Array<unknown> = []
  for (const outcome of outcomes)
    try {
      return matches(seen, outcome)
    } catch (cause) {
      failures.push(cause)
    }
  const [first] = failures
  if (failures.length === 1) throw first
  throw new Error(
    failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))).join("\nor: ")
  )
}

const run = async (one: Case): Promise<void> => {
  const behave = Upstream.answering(...(one.answers ?? [World.ok]))
  const world = await World.open({
    ...one.world,
    upstream: {
      ...behave,
      onWhole: (connection, request, index) => {
        behave.onWhole?.(connection, request, index)
        if (one.isLast) connection.socket.end()
      }
    }
  })
  const client = await world.client()
  client.send(...[one.send].flat())
  await client.ended()
  await world.close()
  const reading = client.reading(...(one.methods ?? []))
  expect(reading.fault).toBeUndefined()
  const { upstream = [], client: answers = [], mayBegin = false } = one
  oneMatches({ upstream: world.upstream, reading }, one.either ?? [{ upstream, client: answers, mayBegin }])
}

/** Registers each case as a test. */
export const conform = (cases: ReadonlyArray<Case>): void => {
  for (const one of cases) it(one.id === undefined ? one.name : `${one.id} ${one.name}`, () => run(one))
}

/** Refused by the proxy itself, with nothing for the upstream. */
export const refused = (status: Answered["status"], code?: Answered["code"]): Outcome => {
  return { upstream: [], client: [code === undefined ? { status } : { status, code }] }
}

/** Passed on as this. */
export const passed = (
  line: string,
  more: Omit<Received, "line"> = {},
  answer: Answered = { status: 200, body: "ok" }
): Outcome => {
  return { upstream: [{ line, ...more }], client: [answer] }
}

/** The head was good, so the upstream may have been asked; it has not been told that this was all. */
export const brokenOff: Outcome = { upstream: [], client: [{ status: 400 }], mayBegin: true }
