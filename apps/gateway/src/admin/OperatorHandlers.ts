import { HttpApiBuilder } from "@effect/platform"
import { Admin, Order } from "@payment-proxy/api"
import { Accounts, Trail } from "@payment-proxy/application"
import type { Deed, OperatorAccount } from "@payment-proxy/ports"
import { Clock, Effect, Redacted } from "effect"
import { answering } from "../Problems.ts"
import { acting, body, recorded } from "./Recorded.ts"

type Shown = typeof Admin.Operators.AdminOperator.Type

const page = 100

const timeOf = (millis: number | null): string | null => (millis === null ? null : Order.timeOf(millis))

const shown = (account: OperatorAccount, sessions: number, nowMillis: number): Shown => ({
  name: account.name,
  role: account.role,
  isDisabled: account.isDisabled,
  isFederated: account.subject !== null,
  createdAt: Order.timeOf(account.createdAtMillis),
  lastSeenAt: timeOf(account.lastSeenAtMillis),
  lockedUntil:
    account.lockedUntilMillis !== null && account.lockedUntilMillis > nowMillis
      ? Order.timeOf(account.lockedUntilMillis)
      : null,
  sessions
})

const listed = Effect.gen(function* () {
  const nowMillis = yield* Clock.currentTimeMillis
  const by = yield* acting
  return (yield* Accounts.list(by)).map(({ account, sessions }) => shown(account, sessions, nowMillis))
})

/** An account as it is in the list. */
const again = Effect.fnUntraced(function* (account: OperatorAccount) {
  const by = yield* acting
  const nowMillis = yield* Clock.currentTimeMillis
  const all = yield* Accounts.list(by)
  return shown(account, all.find((one) => one.account.compared === account.compared)?.sessions ?? 0, nowMillis)
})

const created = Effect.gen(function* () {
  const { name, role, password, reason } = yield* body(Admin.Operators.NewOperator)
  const by = yield* acting
  const account = yield* recorded({ action: "operator.create", subject: name, reason })(
    Accounts.create({ name, role, password: Redacted.make(password) }, by)
  )
  return yield* again(account)
})

const changed = Effect.fnUntraced(function* (name: string) {
  const { reason, password, ...change } = yield* body(Admin.Operators.OperatorChange)
  const by = yield* acting
  const secret = password === undefined ? {} : { password: Redacted.make(password) }
  const account = yield* recorded({ action: "operator.change", subject: name, reason })(
    Accounts.change(name, { ...change, ...secret }, by)
  )
  return yield* again(account)
})

const deed = ({ atMillis, ...one }: Deed) => ({ ...one, at: Order.timeOf(atMillis) })

const trail = Effect.fnUntraced(function* (asked: {
  readonly operator?: string | undefined
  readonly subject?: string | undefined
  readonly cursor?: string | undefined
}) {
  const by = yield* acting
  const search = {
    operator: asked.operator ?? null,
    subject: asked.subject ?? null,
    after: asked.cursor ?? null,
    limit: page
  }
  const { items, next } = yield* Trail.list(search, by)
  return { items: items.map(deed), next }
})

/** The handlers of people who work here, and of what they did. */
export const layer = HttpApiBuilder.group(Admin.Api, "operators", (handlers) =>
  handlers
    .handle("list", () => answering(listed))
    .handleRaw("create", () => answering(created))
    .handleRaw("change", ({ path }) => answering(changed(path.name)))
    .handle("trail", ({ urlParams }) => answering(trail(urlParams)))
)
