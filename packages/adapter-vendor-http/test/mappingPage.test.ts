import { readFileSync } from "node:fs"
import { expect, it } from "@effect/vitest"
import { Currency, type Evidence, Money, Payment, type RefundMachine, Words } from "@payment-proxy/domain"
import { Chunk, Effect, Either, Option, Schema, Stream } from "effect"
import { Webhook } from "standardwebhooks"
import { describe } from "vitest"
import { parse as parseYaml } from "yaml"
import { MappedConfig, Mappings } from "../src/index.ts"
import * as Answers from "../src/mapped/answers.ts"
import * as Bill from "../src/mapped/bill.ts"
import * as Notification from "../src/mapped/notification.ts"
import * as Refunds from "../src/mapped/refunds.ts"
import * as Requests from "../src/mapped/requests.ts"

const root = new URL("../../../", import.meta.url)
const page = readFileSync(new URL("docs/mapping.md", root), "utf8")
const file = readFileSync(new URL("payment-proxy.config.yaml", root), "utf8")
const pem = (name: string) => readFileSync(new URL(`certificates/${name}`, import.meta.url), "utf8")

const secret = "whsec_dGhyb3dhd2F5IHNlY3JldCBvZiBvdXIgdGVzdHM="
const environment: { readonly [name: string]: string } = {
  PLATFORM_URL: "https://platform.example",
  PLATFORM_MERCHANT_ID: "merchant-1",
  PLATFORM_WEBHOOK_SECRET: secret,
  PLATFORM_CA: pem("authority.crt"),
  PLATFORM_CLIENT_CERTIFICATE: pem("client.crt"),
  PLATFORM_CLIENT_KEY: pem("client.key")
}

/** A value of a configuration with what it names of the environment. */
const resolved = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(resolved)
  if ("env" in value) return environment[String(value.env)]
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, resolved(member)]))
}

interface Block {
  readonly info: string
  readonly text: string
}

interface Section {
  readonly title: string
  readonly blocks: ReadonlyArray<Block>
}

/** The fenced blocks of the page, by heading. */
const sections: ReadonlyArray<Section> = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    title: text.slice(0, text.indexOf("\n")),
    blocks: [...text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, info = "", body = ""]) => ({
      info,
      text: body.trimEnd()
    }))
  }))

const whole = sections[0]?.blocks.find(({ info }) => info === "yaml whole")?.text ?? ""
const { oauth: _, ...base } = parseYaml(whole).vendors.platform

const configOf = (changes: object) => ({
  ...Schema.decodeUnknownSync(MappedConfig, { errors: "all", onExcessProperty: "error" })(
    resolved({ ...base, ...changes })
  ),
  name: "platform",
  notifyUrl: "https://proxy.example/notify/platform",
  returnUrl: "https://proxy.example/return/platform"
})
type Config = ReturnType<typeof configOf>

const mappingOf = (config: Config) => Option.getOrThrow(Mappings.make({ platform: config }).of("platform"))

const Order = Schema.Struct({
  no: Schema.String,
  amount: Schema.String,
  method: Words.Method,
  source: Words.Source,
  expiresAt: Schema.optional(Schema.String),
  businessNo: Schema.optional(Schema.String),
  description: Schema.optional(Schema.String),
  returnUrl: Schema.optional(Schema.String),
  payableSeconds: Schema.optionalWith(Schema.Number, { default: () => 86_400 })
})
type Order = typeof Order.Type
const orderOf = Schema.decodeSync(Schema.parseJson(Order))

const moneyOf = (text: string): Money.Money => {
  const [value = "", currency = ""] = text.split(" ")
  return Currency.is(currency) ? Either.getOrThrow(Money.parse(value, currency)) : expect.fail(`${text} is no money`)
}
const shown = (money: Money.Money | null | undefined) => money && `${Money.format(money)} ${money.currency}`

const createdAtMillis = Date.UTC(2026, 10, 23, 8)

/** What the vendor knows the order by is its own number here, so that no other is mistaken for it. */
const paymentOf = (order: Order) => ({
  ...Payment.make({
    payOrderNo: "01KDVDNA01000657M5FFHHR923V9A",
    merchantOrderNo: order.no,
    app: "app_demo",
    vendor: "platform",
    businessNo: order.businessNo ?? null,
    amount: moneyOf(order.amount),
    method: order.method,
    source: order.source,
    capture: "automatic",
    metadata: {},
    createdAtMillis,
    expiresAtMillis: order.expiresAt === undefined ? createdAtMillis : Date.parse(order.expiresAt),
    deadlineMillis: createdAtMillis
  }),
  version: 1
})

const AskedRefund = Schema.Struct({
  no: Schema.String,
  amount: Schema.String,
  reason: Schema.optional(Schema.String),
  vendorNo: Schema.optional(Schema.String)
})
type AskedRefund = typeof AskedRefund.Type
const refundOf = Schema.decodeSync(Schema.parseJson(AskedRefund))

const machineRefund = ({ no, amount, reason, vendorNo }: AskedRefund): RefundMachine.Refund => ({
  refundNo: no,
  payOrderNo: "01KDVDNA01000657M5FFHHR923V9A",
  amount: moneyOf(amount),
  reason: reason ?? null,
  createdAtMillis,
  deadlineMillis: createdAtMillis,
  state: "SUBMITTING",
  version: 1,
  learntVersion: 0,
  vendorRefundNo: vendorNo ?? null,
  unknownCalls: 1,
  contradiction: null,
  failure: null,
  heldReason: null,
  refundedAtMillis: null,
  head: null
})

/** A message of the page: its first line, its headers and its body. */
const messageOf = (text: string) => {
  const [head = "", ...body] = text.split("\n\n")
  const [first = "", ...lines] = head.split("\n")
  const headers = lines.flatMap((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()])
  return { first, headers, body: body.join("\n\n") }
}

const targetOf = (line: string) => {
  const [method = "", target = ""] = line.split(" ")
  const [path = "", ...query] = target.split("?")
  return { method, path, query: query.length === 0 ? "" : `?${query.join("?")}` }
}

const callOf = (text: string) => {
  const { first, headers, body } = messageOf(text)
  return { ...targetOf(first), headers, body: new TextEncoder().encode(body) }
}

const bodyOf = (contentType: string, text: string): unknown =>
  contentType === "application/json" ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text))

const goesOut = (order: Order, text: string, config: Config) => {
  const details = { description: order.description ?? "", payer: {}, returnUrl: order.returnUrl ?? null }
  const stored = JSON.parse(Either.getOrThrow(Requests.prepare(paymentOf(order), details, config)))
  const { first, headers, body } = messageOf(text)
  expect(`${stored.method ?? "POST"} ${stored.path}`).toBe(first)
  expect(["Content-Type", stored.headers["content-type"]]).toEqual(headers)
  expect(bodyOf(headers[1] ?? "", stored.body)).toEqual(bodyOf(headers[1] ?? "", body))
}

/** The sources that a mapping reads of a caller's create. */
const reads = (config: Config, from: string) => Object.values(config.create.body).some((member) => member.from === from)

const comesIn = (order: Order, text: string, config: Config) => {
  const call = callOf(text)
  const mapping = mappingOf(config)
  expect(mapping.recognise(call.method, call.path, call.query)).toEqual(Either.right({ operation: "create" }))
  const asked = Either.getOrThrowWith(mapping.order(call), ({ faults }) => new Error(JSON.stringify(faults)))
  expect(asked).toMatchObject({
    merchantOrderNo: order.no,
    amount: moneyOf(order.amount),
    method: reads(config, "method") ? order.method : (config.proxied.method ?? order.method),
    source: reads(config, "source") ? order.source : (config.proxied.source ?? order.source),
    businessNo: reads(config, "businessNo") ? order.businessNo : null,
    expiresAtMillis: reads(config, "expiresAt") ? Date.parse(order.expiresAt ?? "") : null,
    payableMillis: order.payableSeconds * 1000
  })
}

type Said = { readonly [name: string]: unknown }

const saidBy = (evidence: Evidence.Evidence): Said => ({
  ...evidence,
  amount: shown(evidence.amount),
  ...("captured" in evidence ? { captured: shown(evidence.captured) } : {}),
  ...("paidAtMillis" in evidence && evidence.paidAtMillis !== null
    ? { paidAt: new Date(evidence.paidAtMillis).toISOString() }
    : {}),
  ...("total" in evidence ? { total: String(evidence.total) } : {})
})

const answered = (operation: string, text: string, order: Order, config: Config): ReadonlyArray<Said> => {
  if (operation !== "create" && operation !== "query" && operation !== "close") return expect.fail(operation)
  const { first, headers, body } = messageOf(text)
  const bytes = new TextEncoder().encode(body)
  const answer = { status: Number(first), askedAtMillis: createdAtMillis }
  const both = [
    mappingOf(config).said(operation, { ...answer, headers, body: bytes, isWhole: true }, paymentOf(order)),
    Answers.read({ ...answer, headers: {}, text: body }, paymentOf(order), operation, config)
  ]
  return both.map(Either.match({ onLeft: ({ _tag, ...rest }) => ({ answer: _tag, ...rest }), onRight: saidBy }))
}

const paidOf = (order: Order) => ({ ...paymentOf(order), transactionNo: "pay_1" })
const refunding = (config: Config) => Refunds.of(config) ?? expect.fail("The mapping has no refunds.")

const refundGoesOut = (order: Order, refund: AskedRefund, text: string, config: Config) => {
  const made = () => Refunds.refundCall(paidOf(order), machineRefund(refund), refunding(config), config)
  const call = Either.getOrThrow(made())
  const { first, headers, body } = messageOf(text)
  expect(`${call.method} ${call.path}`).toBe(first)
  const [, contentType = ""] = headers
  expect(call.headers).toEqual(["content-type", contentType, "idempotency-key", `"${refund.no}"`])
  expect(bodyOf(contentType, call.body ?? "")).toEqual(bodyOf(contentType, body))
  expect(Either.getOrThrow(made())).toEqual(call)
}

const asksRefund = (order: Order, refund: AskedRefund, line: string, config: Config) => {
  const call = Either.getOrThrow(Refunds.queryCall(paidOf(order), machineRefund(refund), refunding(config), config))
  expect(`${call.method} ${call.path}`).toBe(line)
}

const refundAnswered = (call: "refund" | "queryRefund", text: string, refund: AskedRefund, config: Config): Said => {
  const { first, body } = messageOf(text)
  const answer = { status: Number(first), headers: {}, text: body, askedAtMillis: createdAtMillis }
  return Either.match(Refunds.read(answer, machineRefund(refund), call, refunding(config), config), {
    onLeft: ({ _tag, ...rest }) => ({ answer: _tag, ...rest }),
    onRight: (evidence) => ({ ...evidence, amount: shown(evidence.amount) })
  })
}

/** What is asked for a day's bill, and what its lines say, or what is said in their place. */
const billed = (status: number, text: string, config: Config): { readonly asked: string; readonly said: unknown } => {
  const mapping = config.bill ?? expect.fail("The mapping has no bill.")
  const paths: Array<string> = []
  const lines = Bill.lines({ day: "2026-11-23", of: "trades" }, mapping, config, ({ method, path }) => {
    paths.push(`${method} ${path}`)
    return Effect.succeed({ status, headers: {}, body: Stream.make(new TextEncoder().encode(text)) })
  })
  const said = Either.match(Effect.runSync(Effect.either(Stream.runCollect(lines))), {
    onLeft: ({ _tag, ...rest }): unknown => ({ answer: _tag, ...rest }),
    onRight: (all): unknown =>
      Chunk.toReadonlyArray(all).map(({ atMillis, ...line }) => ({
        ...line,
        amount: shown(line.amount),
        at: atMillis === null ? null : new Date(atMillis).toISOString()
      }))
  })
  return { asked: paths.join(), said }
}

const notified = (text: string, order: Order, config: Config): ReadonlyArray<Said> => {
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(createdAtMillis / 1000),
    "webhook-signature": new Webhook(secret).sign("msg_1", new Date(createdAtMillis), text)
  }
  const incoming = {
    headers: config.notification.secret === undefined ? {} : headers,
    body: new TextEncoder().encode(text)
  }
  const { subject, evidence } = Either.getOrThrow(Notification.read(incoming, config, createdAtMillis))
  expect(subject).toEqual({ by: "merchantOrderNo", no: order.no })
  return [evidence === null ? { answer: "Ask" } : saidBy(evidence)]
}

const asks = (operation: "query" | "close", lines: ReadonlyArray<string>, order: Order, config: Config) => {
  const payment = paymentOf(order)
  const ours = operation === "query" ? Requests.queryCall(payment, config) : Requests.closeCall(payment, config)
  expect(`${ours.method} ${ours.path}`).toBe(lines[0])
  for (const line of lines) {
    const { method, path, query } = targetOf(line)
    const meant = Either.getOrThrow(mappingOf(config).recognise(method, path, query))
    expect([
      { operation, by: "merchantOrderNo", no: order.no },
      { operation, by: "transactionNo", no: "pay_1" }
    ]).toContainEqual(meant)
  }
}

const meanings = (text: string, config: Config) =>
  text.split("\n").map((line) => {
    const { method, path, query } = targetOf(line)
    return Either.match(mappingOf(config).recognise(method, path, query), {
      onLeft: () => "unclear",
      onRight: (meant) => (meant === null ? "unmapped" : meant.operation)
    })
  })

const refusedWith = (text: string, config: Config): Said => {
  const faults = Either.match(mappingOf(config).order(callOf(text)), {
    onLeft: (unfit) => unfit.faults.map(({ pointer, code }) => `${pointer} ${code}`),
    onRight: () => []
  })
  return { faults }
}

/** Goes through a section; what it does not understand fails. */
const run = (blocks: ReadonlyArray<Block>, first: Order) => {
  let [config, order]: [Config, Order] = [configOf({}), first]
  let refund: AskedRefund = { no: "PPR-2026-1", amount: "0.34 CNY" }
  let waiting: ReadonlyArray<unknown> = []
  for (const { info, text } of blocks) {
    const [, kind = "", , operation = ""] = info.split(" ")
    if (waiting.length > 0) expect(["evidence", "faults", "lines"]).toContain(kind)
    if (kind === "whole") continue
    if (kind === "shape") config = configOf(parseYaml(text))
    else if (kind === "order") order = orderOf(text)
    else if (kind === "request") {
      goesOut(order, text, config)
      comesIn(order, text, config)
    } else if (kind === "query" || kind === "close") asks(kind, text.split("\n"), order, config)
    else if (kind === "unclear" || kind === "unmapped") expect(new Set(meanings(text, config))).toEqual(new Set([kind]))
    else if (info === "json refund") refund = refundOf(text)
    else if (kind === "refund") refundGoesOut(order, refund, text, config)
    else if (kind === "queryRefund") asksRefund(order, refund, text, config)
    else if (kind === "bill") expect(billed(200, "", config)).toEqual({ asked: text, said: [] })
    else if (operation === "refund" || operation === "queryRefund")
      waiting = [refundAnswered(operation, text, refund, config)]
    else if (operation === "bill") waiting = [billed(Number(messageOf(text).first), messageOf(text).body, config).said]
    else if (kind === "answer") waiting = answered(operation, text, order, config)
    else if (kind === "notification") waiting = notified(text, order, config)
    else if (kind === "refused") waiting = [refusedWith(text, config)]
    else if (kind === "evidence" || kind === "faults" || kind === "lines") {
      expect(waiting.length).toBeGreaterThan(0)
      const told = kind === "faults" ? { faults: JSON.parse(text) } : JSON.parse(text)
      for (const said of waiting) expect(said).toMatchObject(told)
      waiting = []
    } else expect.fail(`The page has a block that its test does not know: ${info}`)
  }
  expect(waiting).toEqual([])
}

describe("docs/mapping.md", () => {
  const example = orderOf(sections[0]?.blocks.find(({ info }) => info === "json order")?.text ?? "{}")

  for (const { title, blocks } of sections)
    if (blocks.length > 0) it(`${title}: ${blocks.length} blocks hold, both ways`, () => run(blocks, example))

  it("has an example of every shape", () => {
    const withBlocks = sections.filter(({ blocks }) => blocks.length > 0).map(({ title }) => title)
    expect(withBlocks.length).toBe(sections.length - 1)
    expect(page.match(/^## /gm)?.length).toBe(sections.length)
  })

  it("links to each of its sections", () => {
    const anchors = sections.map(({ title }) =>
      title
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, "")
        .replaceAll(" ", "-")
    )
    for (const anchor of anchors) expect(page).toContain(`(#${anchor})`)
    for (const [, link = ""] of page.matchAll(/\(#([^)]*)\)/g)) expect(anchors).toContain(link)
  })

  it("shows the vendors of payment-proxy.config.yaml as they stand there", () => {
    expect(parseYaml(whole).vendors).toEqual(parseYaml(file).vendors)
  })

  it.each([
    ["The whole of it", '"amount": 1234, "currency": "CNY", "scene"', '"amount": 1235, "currency": "CNY", "scene"'],
    ["The whole of it", '"kind": "open"', '"kind": "paid"'],
    ["Refunds", '"amount": 34, "reason"', '"amount": 35, "reason"'],
    ["Refunds", "refund_amount=0.34", "refund_amount=0.35"],
    ["Asking about a refund", "GET /refunds/ref_1", "GET /refunds/ref_2"],
    ["Answers about a refund", '"kind": "pending"', '"kind": "succeeded"'],
    ["Bills", "date=2026-11-23", "date=2026-11-24"],
    ["Bills", '"fee": "0.07", "state"', '"fee": "0.08", "state"']
  ])("fails on a block that is not so: %s, %s", (title, from, to) => {
    const blocks = sections.find((section) => section.title === title)?.blocks ?? []
    const altered = (before: string, after: string) => () =>
      run(
        blocks.map(({ info, text }) => ({ info, text: text.replace(before, after) })),
        example
      )
    expect(altered("", "")).not.toThrow()
    expect(altered(from, to)).toThrow()
  })
})
