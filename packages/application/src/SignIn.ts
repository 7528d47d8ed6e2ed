import { createHash, randomBytes } from "node:crypto"
import {
  type Identity,
  type OperatorAccount,
  OperatorAccounts,
  type OperatorRole,
  type OperatorSession,
  OperatorSessions,
  operatorRoles
} from "@payment-proxy/ports"
import { Clock, Data, Effect, Option, Redacted } from "effect"
import { Attempts, lockAfter, lockMillis } from "./Attempts.ts"
import * as Operator from "./Operator.ts"
import { check, Passwords } from "./Passwords.ts"
import * as Trail from "./Trail.ts"

/** The name or the password is wrong: which of them is not said. */
export class SignInRefused extends Data.TaggedError("SignInRefused") {}

/** There were too many wrong ones, for the name or from the address: nothing was looked at; when to try again. */
export class SignInLocked extends Data.TaggedError("SignInLocked")<{ readonly retryAfterMillis: number }> {}

/** No session is open under this id: sign in. */
export class SignedOut extends Data.TaggedError("SignedOut") {}

/** Who came by the company's provider is not let in; `detail` is for him. */
export class FederatedRefused extends Data.TaggedError("FederatedRefused")<{ readonly detail: string }> {}

/** A session that was opened, with the id that goes into the cookie and is stored nowhere. */
export interface SignedIn {
  readonly id: Redacted.Redacted
  readonly session: OperatorSession
  readonly account: OperatorAccount
}

/** A session ends after so long without a call, and after so long however busy (OWASP ASVS 7.3). */
export const idleMillis = 900_000
export const lifeMillis = 28_800_000

const touchMillis = 60_000
const busyMillis = 1000
const idForm = /^[A-Za-z0-9_-]{43}$/

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")
const secret = (): string => randomBytes(32).toString("base64url")

/** Opens a session under a new id. */
const opened = Effect.fnUntraced(function* (account: OperatorAccount, nowMillis: number) {
  const sessions = yield* OperatorSessions
  const id = secret()
  const session: OperatorSession = {
    idSha256: sha256(id),
    operator: account.compared,
    csrfToken: secret(),
    createdAtMillis: nowMillis,
    seenAtMillis: nowMillis,
    endsAtMillis: nowMillis + lifeMillis
  }
  yield* sessions.sweep(nowMillis, nowMillis - idleMillis)
  yield* sessions.add(session)
  return { id: Redacted.make(id), session, account } satisfies SignedIn
})

const locked = (retryAfterMillis: number) => new SignInLocked({ retryAfterMillis })

/** Counts a try before it is looked at, so that of many at once no more are looked at than may be; a locked account's is not. */
const counted = Effect.fnUntraced(function* (compared: string, nowMillis: number) {
  const seen = { lockedUntilMillis: 0 }
  const account = yield* Effect.flatMap(OperatorAccounts, ({ edit }) =>
    edit(compared, (now) => {
      seen.lockedUntilMillis = now.lockedUntilMillis ?? 0
      if (seen.lockedUntilMillis > nowMillis) return now
      const failures = now.failures + 1
      const lockedUntilMillis = failures < lockAfter ? null : nowMillis + lockMillis(failures)
      return { ...now, failures, lockedUntilMillis }
    })
  )
  const waitMillis = Option.isNone(account)
    ? (yield* Attempts).unknown(compared, nowMillis)
    : Math.max(seen.lockedUntilMillis - nowMillis, 0)
  return waitMillis > 0 ? yield* locked(waitMillis) : Option.getOrNull(account)
})

const forgiven = (account: OperatorAccount): OperatorAccount => ({ ...account, failures: 0, lockedUntilMillis: null })

/** One that was counted and not looked at. */
const uncounted = (account: OperatorAccount): OperatorAccount => {
  const failures = Math.max(account.failures - 1, 0)
  return { ...account, failures, lockedUntilMillis: failures < lockAfter ? null : account.lockedUntilMillis }
}

/** Whether the password that was looked at is still the account's. */
const hasPasswordOf = (looked: OperatorAccount, now: OperatorAccount): boolean =>
  now.passwordHash === looked.passwordHash

/** The account whose password this is; it takes as long for a wrong name. */
const known = Effect.fnUntraced(function* (compared: string, password: Redacted.Redacted, nowMillis: number) {
  const { edit } = yield* OperatorAccounts
  const { verify } = yield* Passwords
  const account = yield* counted(compared, nowMillis)
  const isRight = yield* verify(password, account?.passwordHash ?? null).pipe(
    Effect.catchTag("PasswordsBusy", () =>
      Effect.zipRight(account === null ? Effect.void : edit(compared, uncounted), locked(busyMillis))
    )
  )
  if (!isRight || account === null || account.isDisabled) return yield* new SignInRefused()
  const after = yield* edit(compared, (now) =>
    hasPasswordOf(account, now) ? { ...forgiven(now), lastSeenAtMillis: nowMillis } : now
  )
  return Option.isNone(after) || after.value.isDisabled || !hasPasswordOf(account, after.value)
    ? yield* new SignInRefused()
    : after.value
})

/** `known`, where the address has not failed too often. */
const knownFrom = Effect.fnUntraced(function* (
  address: string | null,
  compared: string,
  password: Redacted.Redacted,
  nowMillis: number
) {
  const attempts = yield* Attempts
  const waitMillis = attempts.from(address, nowMillis)
  if (waitMillis > 0) return yield* locked(waitMillis)
  const account = yield* Effect.tapErrorTag(known(compared, password, nowMillis), "StoreUnavailable", () =>
    Effect.sync(() => attempts.giveBack(address, nowMillis))
  )
  attempts.giveBack(address, nowMillis)
  return account
})

/** Puts a refusal on record; of those that were not looked at, one a minute. */
const refusalWritten = (doing: Trail.Doing, nowMillis: number) => (failure: { readonly _tag: string }) =>
  Effect.flatMap(Attempts, ({ isToTell }) => {
    if (failure._tag === "SignInRefused") return Trail.write(doing, "SIGN_IN_REFUSED")
    return failure._tag === "SignInLocked" && isToTell(doing.address, nowMillis)
      ? Trail.write(doing, "SIGN_IN_LOCKED")
      : Effect.void
  })

/** Ends a session that was opened by a password which was changed meanwhile: what ends sessions then came before this one. */
const endedIfLate = Effect.fnUntraced(function* ({ account, session }: SignedIn) {
  const { byName } = yield* OperatorAccounts
  const now = yield* byName(account.compared)
  if (Option.isSome(now) && hasPasswordOf(account, now.value)) return
  yield* Effect.flatMap(OperatorSessions, ({ end }) => end(session.idSha256))
  return yield* new SignInRefused()
})

/**
 * Signs an operator in by his password: always a new session under a new id. After five wrong passwords the account waits one minute,
 * two, four, up to 15, for the right one, too; an address waits after ten. Wrong names are treated as wrong passwords are, by each process.
 */
export const signIn = Effect.fnUntraced(function* (asked: {
  readonly name: string
  readonly password: Redacted.Redacted
  readonly address: string | null
}) {
  const { password, address } = asked
  const nowMillis = yield* Clock.currentTimeMillis
  const name = Operator.typed(asked.name)
  const doing = { operator: name, action: "sign-in", subject: null, reason: null, address }
  const account = yield* Effect.tapError(
    knownFrom(address, Operator.compared(name), password, nowMillis),
    refusalWritten(doing, nowMillis)
  )
  const signedIn = yield* opened(account, nowMillis)
  yield* Effect.tapError(endedIfLate(signedIn), refusalWritten(doing, nowMillis))
  yield* Trail.write({ ...doing, operator: account.name }, "done")
  return signedIn
})

/**
 * The session of an id, and its account as it is now: neither idle for 15 minutes, nor older than 8 hours, nor of who is disabled.
 * What people do keeps it open; a stream that goes on by itself does not (`isActive` false).
 */
export const resume = Effect.fnUntraced(function* (id: string, isActive = true) {
  if (!idForm.test(id)) return yield* new SignedOut()
  const sessions = yield* OperatorSessions
  const accounts = yield* OperatorAccounts
  const nowMillis = yield* Clock.currentTimeMillis
  const session = Option.getOrNull(yield* sessions.byId(sha256(id)))
  if (session === null || session.endsAtMillis <= nowMillis || nowMillis - session.seenAtMillis >= idleMillis)
    return yield* new SignedOut()
  const account = Option.getOrNull(yield* accounts.byName(session.operator))
  if (account === null || account.isDisabled) return yield* new SignedOut()
  if (!isActive || nowMillis - session.seenAtMillis < touchMillis) return { account, session }
  yield* sessions.seen(session.idSha256, nowMillis)
  yield* accounts.edit(session.operator, (now) => ({ ...now, lastSeenAtMillis: nowMillis }))
  return { account, session: { ...session, seenAtMillis: nowMillis } }
})

/** Ends the session of an id, everywhere and at once; none where there is none. */
export const signOut = Effect.fnUntraced(function* (id: string, address: string | null = null) {
  if (!idForm.test(id)) return
  const sessions = yield* OperatorSessions
  const session = Option.getOrNull(yield* sessions.byId(sha256(id)))
  if (session === null) return
  yield* sessions.end(session.idSha256)
  const account = yield* Effect.flatMap(OperatorAccounts, ({ byName }) => byName(session.operator))
  const operator = Option.match(account, { onNone: () => session.operator, onSome: ({ name }) => name })
  yield* Trail.write({ operator, action: "sign-out", subject: null, reason: null, address }, "done")
})

/** Changes one's own password, by the one before it; ends one's other sessions. */
export const changePassword = Effect.fnUntraced(function* (asked: {
  readonly account: OperatorAccount
  readonly session: OperatorSession
  readonly current: Redacted.Redacted
  readonly next: Redacted.Redacted
  readonly address: string | null
}) {
  const { session, current, next, address } = asked
  const { compared, name } = asked.account
  const nowMillis = yield* Clock.currentTimeMillis
  const doing = { operator: name, action: "password.change", subject: name, reason: null, address }
  const tell = refusalWritten(doing, nowMillis)
  const account = yield* Effect.tapError(knownFrom(address, compared, current, nowMillis), tell)
  yield* check(next, name)
  const passwordHash = yield* Effect.flatMap(Passwords, ({ hash }) => hash(next)).pipe(
    Effect.catchTag("PasswordsBusy", () => locked(busyMillis))
  )
  const after = yield* Effect.flatMap(OperatorAccounts, ({ edit }) =>
    edit(compared, (now) => (hasPasswordOf(account, now) ? { ...now, passwordHash } : now))
  )
  // An administrator's new one, which came in between, is not replaced by who knew the former one.
  if (Option.isNone(after) || after.value.passwordHash !== passwordHash)
    return yield* Effect.tapError(new SignInRefused(), tell)
  yield* Effect.flatMap(OperatorSessions, ({ endAll }) => endAll(compared, session.idSha256))
  yield* Trail.write(doing, "done")
})

/** The most that one's groups allow; null where none is mapped. */
const roleOf = (
  groups: ReadonlyArray<string>,
  groupsToRoles: Readonly<Record<string, OperatorRole>>
): OperatorRole | null => {
  const roles = groups.flatMap((group) => (Object.hasOwn(groupsToRoles, group) ? (groupsToRoles[group] ?? []) : []))
  return operatorRoles.findLast((role) => roles.includes(role)) ?? null
}

const refused = (detail: string) => new FederatedRefused({ detail })

/** The account of who came, made where he is new; a name that another account has is not taken over. */
const accountOf = Effect.fnUntraced(function* ({ subject, name: called }: Identity, role: OperatorRole) {
  const { add, bySubject, edit } = yield* OperatorAccounts
  const nowMillis = yield* Clock.currentTimeMillis
  const name = yield* Effect.mapError(Operator.name(called), ({ detail }) => refused(`Your name: ${detail}`))
  const compared = Operator.compared(name)
  if (compared.length > Operator.maxComparedChars) return yield* refused("Your name is too long.")
  const isThere = Option.isSome(yield* bySubject(subject))
  const account: OperatorAccount = {
    ...{ name, compared, role, subject, passwordHash: null, isDisabled: false, createdAtMillis: nowMillis },
    ...{ lastSeenAtMillis: nowMillis, failures: 0, lockedUntilMillis: null }
  }
  // Of two sign-ins at once one makes it.
  if (!isThere) yield* Effect.catchTag(add(account), "OperatorTaken", () => Effect.void)
  const known = yield* bySubject(subject)
  if (Option.isNone(known)) return yield* refused("Another operator has your name here: ask an administrator.")
  const after = yield* edit(known.value.compared, (now) => ({ ...now, role, lastSeenAtMillis: nowMillis }))
  return Option.isNone(after) || after.value.isDisabled
    ? yield* refused("Your account is disabled: ask an administrator.")
    : after.value
})

/** Signs in who came by the company's provider, with the role that his groups say: without one of them he is refused. */
export const federated = Effect.fnUntraced(function* (
  identity: Identity,
  groupsToRoles: Readonly<Record<string, OperatorRole>>,
  address: string | null
) {
  const doing = { operator: identity.name, action: "sign-in", subject: identity.subject, reason: null, address }
  const role = roleOf(identity.groups, groupsToRoles)
  const account = yield* Effect.tapErrorTag(
    role === null ? refused("None of your groups may come in here.") : accountOf(identity, role),
    "FederatedRefused",
    () => Trail.write(doing, "OIDC_FAILED")
  )
  const signedIn = yield* opened(account, yield* Clock.currentTimeMillis)
  yield* Trail.write({ ...doing, operator: account.name }, "done")
  return signedIn
})

/** Whether no operator is there yet. */
export const isEmpty = Effect.flatMap(OperatorAccounts, ({ list }) => Effect.map(list, ({ length }) => length === 0))
