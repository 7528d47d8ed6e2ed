import { type OperatorAccount, OperatorAccounts, type OperatorRole, OperatorSessions } from "@payment-proxy/ports"
import { Clock, Data, Effect, Option, type Redacted } from "effect"
import * as Operator from "./Operator.ts"
import { check, Passwords } from "./Passwords.ts"
import { idleMillis } from "./SignIn.ts"

/** There is no operator of this name. */
export class OperatorNotFound extends Data.TaggedError("OperatorNotFound")<{ readonly name: string }> {}

/** He is the last administrator: make another one first. */
export class LastAdministrator extends Data.TaggedError("LastAdministrator")<{ readonly name: string }> {}

/** Nobody does this to himself: another administrator has to. */
export class NotOneself extends Data.TaggedError("NotOneself")<{ readonly name: string }> {}

/** What an administrator wants changed of an account; what is left out stays as it is. */
export interface AccountChange {
  readonly role?: OperatorRole | undefined
  readonly isDisabled?: boolean | undefined
  readonly password?: Redacted.Redacted | undefined
  readonly endSessions?: boolean | undefined
  /** Lets sign-in go on after wrong passwords. */
  readonly unlock?: boolean | undefined
}

const hashOf = Effect.fnUntraced(function* (password: Redacted.Redacted, name: string) {
  yield* check(password, name)
  const { hash } = yield* Passwords
  return yield* hash(password)
})

/** A new operator: without a password he cannot come in until he has one. */
export const create = Effect.fnUntraced(function* (
  asked: { readonly name: string; readonly role: OperatorRole; readonly password: Redacted.Redacted | null },
  by: Operator.Acting
) {
  yield* Operator.allowed(by, "administrator")
  const accounts = yield* OperatorAccounts
  const name = yield* Operator.name(asked.name)
  const compared = Operator.compared(name)
  if (compared.length > Operator.maxComparedChars)
    return yield* new Operator.OperatorInvalid({ field: "operator", detail: "Give a shorter name." })
  const account: OperatorAccount = {
    ...{ name, compared, role: asked.role, subject: null, isDisabled: false, lastSeenAtMillis: null },
    passwordHash: asked.password === null ? null : yield* hashOf(asked.password, name),
    createdAtMillis: yield* Clock.currentTimeMillis,
    ...{ failures: 0, lockedUntilMillis: null }
  }
  yield* accounts.add(account)
  yield* Effect.logInfo("operator made", { name, role: asked.role, by: by.name })
  return account
})

const found = Effect.fnUntraced(function* (name: string) {
  const { byName } = yield* OperatorAccounts
  const account = yield* byName(Operator.compared(name))
  return yield* Option.match(account, { onNone: () => new OperatorNotFound({ name }), onSome: Effect.succeed })
})

const isRuling = ({ role, isDisabled }: Pick<OperatorAccount, "role" | "isDisabled">): boolean =>
  role === "administrator" && !isDisabled

const isRuled = Effect.flatMap(OperatorAccounts, ({ list }) => Effect.map(list, (all) => all.some(isRuling)))

const edited = Effect.fnUntraced(function* (
  before: OperatorAccount,
  change: (account: OperatorAccount) => OperatorAccount
) {
  const { edit } = yield* OperatorAccounts
  const after = yield* edit(before.compared, change)
  return yield* Option.match(after, {
    onNone: () => new OperatorNotFound({ name: before.name }),
    onSome: Effect.succeed
  })
})

/** What an account is after a change, but for the last administrator's: of two who take each other's role at once, both keep it. */
const ruled = (before: OperatorAccount, change: (account: OperatorAccount) => OperatorAccount) =>
  Effect.gen(function* () {
    const after = yield* edited(before, change)
    if (isRuling(after) || !isRuling(before) || (yield* isRuled)) return after
    yield* edited(before, (now) => ({ ...now, role: before.role, isDisabled: before.isDisabled }))
    return yield* new LastAdministrator({ name: before.name })
  }).pipe(Effect.uninterruptible)

const passwordOf = Effect.fnUntraced(function* ({ name, subject }: OperatorAccount, password: Redacted.Redacted) {
  if (subject !== null)
    return yield* new Operator.OperatorInvalid({
      field: "password",
      detail: "He comes by the company's provider, and has no password here."
    })
  return yield* hashOf(password, name)
})

/** Changes an operator's account: nobody his own, and the last administrator stays one. Another role or password ends his sessions. */
export const change = Effect.fnUntraced(function* (name: string, asked: AccountChange, by: Operator.Acting) {
  yield* Operator.allowed(by, "administrator")
  const before = yield* found(name)
  const { role = before.role, isDisabled = before.isDisabled, password, unlock = false, endSessions = false } = asked
  const isMoved = role !== before.role || isDisabled !== before.isDisabled || password !== undefined
  if (isMoved && Operator.isSame(before.name, by.name)) return yield* new NotOneself({ name: before.name })
  const passwordHash = password === undefined ? null : yield* passwordOf(before, password)
  const after = yield* ruled(before, (now) => ({
    ...now,
    role,
    isDisabled,
    passwordHash: passwordHash ?? now.passwordHash,
    ...(unlock || passwordHash !== null ? { failures: 0, lockedUntilMillis: null } : {})
  }))
  if (isMoved || endSessions) yield* Effect.flatMap(OperatorSessions, ({ endAll }) => endAll(before.compared, null))
  yield* Effect.logInfo("operator changed", { name: before.name, role, isDisabled, by: by.name })
  return after
})

/** Gives an operator a new password without the one before it, also oneself, and lets sign-in go on: for who has the machine. */
export const setPassword = Effect.fnUntraced(function* (name: string, password: Redacted.Redacted) {
  const before = yield* found(name)
  const passwordHash = yield* passwordOf(before, password)
  const after = yield* edited(before, (now) => ({ ...now, passwordHash, failures: 0, lockedUntilMillis: null }))
  yield* Effect.flatMap(OperatorSessions, ({ endAll }) => endAll(before.compared, null))
  return after
})

/** All operators, by name, and how many sessions each has: for administrators. */
export const list = Effect.fnUntraced(function* (by: Operator.Acting) {
  yield* Operator.allowed(by, "administrator")
  const accounts = yield* OperatorAccounts
  const sessions = yield* OperatorSessions
  const nowMillis = yield* Clock.currentTimeMillis
  const [all, counts] = yield* Effect.all([accounts.list, sessions.counts(nowMillis, nowMillis - idleMillis)])
  return all.map((account) => ({ account, sessions: counts.get(account.compared) ?? 0 }))
})
