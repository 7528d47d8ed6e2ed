import type { Vitest } from "@effect/vitest"
import { expect, layer } from "@effect/vitest"
import {
  type Deed,
  Deeds,
  type OperatorAccount,
  OperatorAccounts,
  type OperatorSession,
  OperatorSessions,
  SavedFilters
} from "@payment-proxy/ports"
import type { Layer } from "effect"
import { Effect, Either, Option } from "effect"
import { epochMillis, fresh } from "../Samples.ts"

type Stores = OperatorAccounts | OperatorSessions | Deeds | SavedFilters
type It = Vitest.MethodsNonLive<Stores>

const anAccount = (overrides: Partial<OperatorAccount> = {}): OperatorAccount => {
  const name = fresh("Ada")
  return {
    name,
    compared: name.toLowerCase(),
    role: "viewer",
    passwordHash: null,
    subject: null,
    isDisabled: false,
    createdAtMillis: epochMillis,
    lastSeenAtMillis: null,
    failures: 0,
    lockedUntilMillis: null,
    ...overrides
  }
}

const keepingAccounts = (it: It) => {
  it.effect("an account comes back as it was added, by its name and by its subject", () =>
    Effect.gen(function* () {
      const { add, byName, bySubject } = yield* OperatorAccounts
      const subject = `https://id.example/realm ${"s".repeat(200)}${fresh("sub")}`
      const account = anAccount({
        name: "张伟 “Ada” 🧾",
        compared: fresh("张伟"),
        role: "administrator",
        passwordHash: `$argon2id$v=19$m=19456,t=2,p=1$${"a".repeat(22)}$${"b".repeat(43)}`,
        subject,
        isDisabled: true,
        lastSeenAtMillis: epochMillis + 1,
        failures: 3,
        lockedUntilMillis: epochMillis + 2
      })
      yield* add(account)
      expect(yield* byName(account.compared)).toEqual(Option.some(account))
      expect(yield* bySubject(subject)).toEqual(Option.some(account))
      expect(yield* byName(fresh("nobody"))).toEqual(Option.none())
      expect(yield* bySubject(fresh("nobody"))).toEqual(Option.none())
    })
  )

  it.effect("a name and a subject are one account's; without a subject there may be many", () =>
    Effect.gen(function* () {
      const { add } = yield* OperatorAccounts
      const first = anAccount({ subject: fresh("sub") })
      yield* add(first)
      yield* add(anAccount())
      yield* add(anAccount())
      const failed = yield* Effect.flip(add(anAccount({ compared: first.compared })))
      expect(failed._tag).toBe("OperatorTaken")
      expect((yield* Effect.flip(add(anAccount({ subject: first.subject }))))._tag).toBe("OperatorTaken")
    })
  )

  it.effect("of twenty accounts of one name at once, one is made", () =>
    Effect.gen(function* () {
      const { add } = yield* OperatorAccounts
      const account = anAccount()
      const all = yield* Effect.forEach(Array.from({ length: 20 }), () => Effect.either(add(account)), {
        concurrency: "unbounded"
      })
      expect(all.filter(Either.isRight).length).toBe(1)
    })
  )

  it.effect("all accounts are listed, by name", () =>
    Effect.gen(function* () {
      const { add, list } = yield* OperatorAccounts
      const made = [anAccount(), anAccount()]
      for (const account of [...made].reverse()) yield* add(account)
      const all = yield* list
      expect(all.filter(({ compared }) => made.some((one) => one.compared === compared))).toEqual(made)
    })
  )
}

const editingAccounts = (it: It) => {
  it.effect("an edit changes the account as it is, and answers it; of one that is not there it changes nothing", () =>
    Effect.gen(function* () {
      const { add, byName, edit } = yield* OperatorAccounts
      const account = anAccount()
      yield* add(account)
      const after = { ...account, role: "operator" as const, passwordHash: "hash", isDisabled: true, failures: 2 }
      expect(yield* edit(account.compared, () => after)).toEqual(Option.some(after))
      expect(yield* byName(account.compared)).toEqual(Option.some(after))
      expect(yield* edit(fresh("nobody"), (was) => was)).toEqual(Option.none())
    })
  )

  it.effect("of twenty edits at once none is lost", () =>
    Effect.gen(function* () {
      const { add, byName, edit } = yield* OperatorAccounts
      const account = anAccount()
      yield* add(account)
      yield* Effect.forEach(
        Array.from({ length: 20 }),
        () => edit(account.compared, (was) => ({ ...was, failures: was.failures + 1 })),
        { concurrency: "unbounded" }
      )
      expect(Option.getOrThrow(yield* byName(account.compared)).failures).toBe(20)
    })
  )
}

const aSession = (operator: string, overrides: Partial<OperatorSession> = {}): OperatorSession => ({
  idSha256: fresh("sha"),
  operator,
  csrfToken: fresh("csrf"),
  createdAtMillis: epochMillis,
  seenAtMillis: epochMillis,
  endsAtMillis: epochMillis + 1000,
  ...overrides
})

const keepingSessions = (it: It) => {
  it.effect("a session comes back until it ends, and when it was last seen only grows", () =>
    Effect.gen(function* () {
      const { add, byId, end, seen } = yield* OperatorSessions
      const session = aSession(fresh("ada"))
      yield* add(session)
      expect(yield* byId(session.idSha256)).toEqual(Option.some(session))
      yield* seen(session.idSha256, epochMillis + 500)
      yield* seen(session.idSha256, epochMillis + 400)
      expect(yield* byId(session.idSha256)).toEqual(Option.some({ ...session, seenAtMillis: epochMillis + 500 }))
      yield* end(session.idSha256)
      yield* seen(session.idSha256, epochMillis + 600)
      expect(yield* byId(session.idSha256)).toEqual(Option.none())
    })
  )

  it.effect("all sessions of an operator end but for the one that is named, and nobody else's", () =>
    Effect.gen(function* () {
      const { add, byId, endAll } = yield* OperatorSessions
      const ada = fresh("ada")
      const [first, second, others] = [aSession(ada), aSession(ada), aSession(fresh("bob"))]
      for (const session of [first, second, others]) yield* add(session)
      const isThere = ({ idSha256 }: OperatorSession) => Effect.map(byId(idSha256), Option.isSome)
      yield* endAll(ada, second.idSha256)
      expect(yield* Effect.forEach([first, second, others], isThere)).toEqual([false, true, true])
      yield* endAll(ada, null)
      expect(yield* Effect.forEach([second, others], isThere)).toEqual([false, true])
    })
  )

  it.effect("sessions are counted that were seen lately and have not ended, and the others are swept away", () =>
    Effect.gen(function* () {
      const { add, byId, counts, sweep } = yield* OperatorSessions
      const ada = fresh("ada")
      const [open, ended, idle] = [
        aSession(ada, { endsAtMillis: epochMillis + 100_000 }),
        aSession(ada, { endsAtMillis: epochMillis + 10 }),
        aSession(ada, { seenAtMillis: epochMillis - 1000, endsAtMillis: epochMillis + 100_000 })
      ]
      for (const session of [open, ended, idle]) yield* add(session)
      const nowMillis = epochMillis + 20
      expect((yield* counts(nowMillis, epochMillis)).get(ada)).toBe(1)
      expect((yield* counts(nowMillis, epochMillis)).get(fresh("nobody"))).toBe(undefined)
      yield* sweep(nowMillis, epochMillis)
      const left = yield* Effect.forEach([open, ended, idle], ({ idSha256 }) =>
        Effect.map(byId(idSha256), Option.isSome)
      )
      expect(left).toEqual([true, false, false])
    })
  )
}

const aDeed = (overrides: Partial<Deed> = {}): Deed => ({
  id: fresh("ded"),
  atMillis: epochMillis,
  operator: "Ada",
  action: "order.close",
  subject: null,
  reason: null,
  outcome: "done",
  address: null,
  ...overrides
})

const keepingDeeds = (it: It) => {
  it.effect("deeds are found by operator and by subject, newest first, page by page, as they were added", () =>
    Effect.gen(function* () {
      const { add, search } = yield* Deeds
      const [operator, subject] = [fresh("Ada"), fresh("order")]
      const made = [
        aDeed({ operator, subject, reason: `支付 “quoted” 🧾 ${"x".repeat(480)}`, address: "2001:db8::1" }),
        aDeed({ operator, outcome: "ROLE_NEEDED" }),
        aDeed({ subject }),
        aDeed({ operator, subject })
      ]
      for (const deed of made) yield* add(deed)
      const [first, second, third, fourth] = made
      const all = { operator: null, subject: null, after: null, limit: 100 }
      expect(yield* search({ ...all, operator })).toEqual([fourth, second, first])
      expect(yield* search({ ...all, subject })).toEqual([fourth, third, first])
      expect(yield* search({ ...all, operator, subject })).toEqual([fourth, first])
      expect(yield* search({ ...all, operator, limit: 2 })).toEqual([fourth, second])
      expect(yield* search({ ...all, operator, after: second?.id ?? null })).toEqual([first])
      expect((yield* search({ ...all, limit: 1 })).length).toBe(1)
    })
  )
}

const keepingFilters = (it: It) => {
  it.effect("each operator sees his own filters, by name; one of the same name replaces the one before", () =>
    Effect.gen(function* () {
      const filters = yield* SavedFilters
      const [ada, bob] = [fresh("ada"), fresh("bob")]
      yield* filters.put(ada, "今天", '{"state":"HELD"}')
      yield* filters.put(ada, "b", "2")
      yield* filters.put(ada, "b", "3")
      yield* filters.put(bob, "b", "4")
      expect(yield* filters.of(ada)).toEqual([
        { name: "b", filter: "3" },
        { name: "今天", filter: '{"state":"HELD"}' }
      ])
      yield* filters.drop(ada, "b")
      yield* filters.drop(ada, "nothing")
      expect((yield* filters.of(ada)).length).toBe(1)
      expect(yield* filters.of(bob)).toEqual([{ name: "b", filter: "4" }])
    })
  )
}

/** What every store of operators, their sessions, deeds and filters must do. */
export const operatorsContract = (name: string, stores: Layer.Layer<Stores, unknown>): void =>
  layer(stores)(`Operators: ${name}`, (it) => {
    keepingAccounts(it)
    editingAccounts(it)
    keepingSessions(it)
    keepingDeeds(it)
    keepingFilters(it)
  })
