import type { Answer } from "../../src/Admin.ts"
import { fault, type Handlers } from "./Fake.ts"
import { scenario } from "./scenario.ts"
import { ago, who } from "./who.ts"

type Operator = Answer<"operators.list">[number]
type Deed = Answer<"operators.trail">["items"][number]

const day = 86_400
const base = {
  isDisabled: false,
  isFederated: false,
  createdAt: ago(200 * day),
  lastSeenAt: ago(300),
  lockedUntil: null,
  sessions: 1
} as const

let kept: ReadonlyArray<Operator> = [
  { ...base, name: "chen.wei", role: "administrator", sessions: 2, lastSeenAt: ago(2) },
  { ...base, name: "dmitri.o", role: "administrator", lastSeenAt: ago(3000) },
  { ...base, name: "maria.keller", role: "operator", lockedUntil: ago(-700), sessions: 0, lastSeenAt: ago(4000) },
  { ...base, name: "sun.li", role: "viewer", isFederated: true, lastSeenAt: ago(60) },
  { ...base, name: "王小明（华东运营）", role: "operator", isFederated: true, sessions: 0, lastSeenAt: ago(9 * day) },
  {
    ...base,
    name: "<img src=x onerror=alert(1)>",
    role: "viewer",
    isDisabled: true,
    sessions: 0,
    lastSeenAt: ago(99 * day)
  },
  {
    ...base,
    name: "new.person.with.a.rather.long.name.of.sixty.four.characters.abcd",
    role: "viewer",
    sessions: 0,
    lastSeenAt: null,
    createdAt: ago(100)
  }
]

const order = "01K9V2H1Q800C4WN7RXA2D6ZEM5BTY"
const kinds: ReadonlyArray<Pick<Deed, "action" | "subject" | "reason" | "outcome">> = [
  {
    action: "order.resolve",
    subject: order,
    reason: "The bank's desk says that one capture was booked. Case 4711.",
    outcome: "proposed"
  },
  { action: "sign-in", subject: null, reason: null, outcome: "SIGN_IN_REFUSED" },
  { action: "app.rotateKey", subject: "shop", reason: "The key was seen in a build log.", outcome: "done" },
  {
    action: "proposal.approve",
    subject: "prp_01K9ZR10",
    reason: "与仓库核对无误，同意退款。",
    outcome: "SECOND_PERSON_NEEDED"
  },
  { action: "order.refund", subject: order, reason: "<script>alert('reason')</script> wrong size", outcome: "done" },
  { action: "sign-in", subject: null, reason: null, outcome: "done" },
  {
    action: "order.export",
    subject: "status=HELD vendor=wechatpay createdFrom=2026-11-01T00:00Z",
    reason: null,
    outcome: "done"
  },
  { action: "day.run", subject: "wechatpay/2026-11-25", reason: "The vendor corrected its bill.", outcome: "done" },
  { action: "vendor.test", subject: "alipay", reason: "Alarm at night", outcome: "UNREACHED" },
  { action: "operator.change", subject: "maria.keller", reason: "New in the team", outcome: "LAST_ADMINISTRATOR" },
  { action: "something.newer", subject: "x", reason: null, outcome: "done" }
]
const names = ["chen.wei", "maria.keller", "dmitri.o", "maria.keller", "王小明（华东运营）"] as const

let deeds: ReadonlyArray<Deed> = Array.from({ length: 140 }, (_, at): Deed => {
  const kind = kinds[at % kinds.length] ?? { action: "sign-in", subject: null, reason: null, outcome: "done" }
  return {
    id: `deed_${String(9999 - at)}`,
    at: ago(at * 1311 + 40),
    operator: names[at % names.length] ?? "chen.wei",
    address: at % 9 === 7 ? null : at % 4 === 0 ? "2001:db8:85a3::8a2e:370:7334" : `10.1.${at % 7}.${at}`,
    ...kind
  }
})

const record = (action: string, subject: string, reason: string, outcome = "done"): void => {
  deeds = [
    { id: `deed_${Date.now()}`, at: ago(0), operator: who(), action, subject, reason, outcome, address: "127.0.0.1" },
    ...deeds
  ]
}

const isRuling = ({ role, isDisabled }: Operator): boolean => role === "administrator" && !isDisabled
const pageSize = 50

/** People who work here, and what they did. */
export const operators: Handlers = {
  "operators.list": () => (scenario().of === "busy" ? kept : kept.slice(0, 1)),
  "operators.create": ({ body: { name, role, password, reason } }) => {
    if (kept.some((one) => one.name.toLowerCase() === name.toLowerCase()))
      return fault("OPERATOR_TAKEN", "There is an operator of this name already.")
    if (new Set(password).size < 5) return fault("PASSWORD_WEAK", "Choose one with more than a few letters.")
    const one: Operator = { ...base, name, role, createdAt: ago(0), lastSeenAt: null, sessions: 0 }
    kept = [...kept, one].sort((a, b) => (a.name < b.name ? -1 : 1))
    record("operator.create", name, reason)
    return one
  },
  "operators.change": ({ path, body }) => {
    const before = kept.find(({ name }) => name === path.name)
    if (before === undefined) return fault("OPERATOR_NOT_FOUND", "There is no such operator.")
    const { role = before.role, isDisabled = before.isDisabled, password, endSessions, unlock, reason } = body
    const isMoved = role !== before.role || isDisabled !== before.isDisabled || password !== undefined
    if (isMoved && before.name === who())
      return fault("NOT_ONESELF", "Another administrator has to change your role, password and account.")
    const after: Operator = {
      ...before,
      role,
      isDisabled,
      sessions: isMoved || endSessions === true ? 0 : before.sessions,
      lockedUntil: unlock === true || password !== undefined ? null : before.lockedUntil
    }
    if (!kept.some((one) => isRuling(one.name === after.name ? after : one)))
      return fault("LAST_ADMINISTRATOR", "Make another administrator first.")
    kept = kept.map((one) => (one.name === after.name ? after : one))
    record("operator.change", after.name, reason)
    return after
  },
  "operators.trail": ({ query }) => {
    if (scenario().of === "empty") return { items: [], next: null }
    const found = deeds.filter(
      (one) =>
        (query["operator"] === undefined || one.operator === query["operator"]) &&
        (query["subject"] === undefined || one.subject === query["subject"])
    )
    const from = Number(query["cursor"] ?? 0)
    const to = from + pageSize
    return { items: found.slice(from, to), next: to < found.length ? String(to) : null }
  }
}
