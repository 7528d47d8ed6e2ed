import { expect } from "@effect/vitest"
import { Deeds, OperatorAccounts, Orders } from "@payment-proxy/ports"
import { Effect, Exit, Option, Redacted } from "effect"
import * as Accounts from "../src/Accounts.ts"
import * as Attempts from "../src/Attempts.ts"
import * as Operators from "../src/Operators.ts"
import * as Passwords from "../src/Passwords.ts"
import * as SignIn from "../src/SignIn.ts"
import * as Trail from "../src/Trail.ts"
import { placed, refusalOf, it as world } from "./harness.ts"

const password = Redacted.make("throwaway horse of tests")
const [ada, ben] = [
  { name: "Ada", role: "administrator" as const },
  { name: "Ben", role: "administrator" as const }
]

const it = (name: string, test: () => ReturnType<Parameters<typeof world.world>[1]>) =>
  world.world(name, () =>
    Effect.zipRight(Accounts.create({ ...ada, password }, ada), test()).pipe(
      Effect.provideService(
        Passwords.Passwords,
        Passwords.make({ argon2: { memory: 64, passes: 1 }, scrypt: { ln: 1 } })
      ),
      Effect.provideService(Attempts.Attempts, Attempts.make())
    )
  )

it("a name is one person's, however it is written; the password is kept as a hash alone", () =>
  Effect.gen(function* () {
    expect(yield* refusalOf(Accounts.create({ ...ada, name: " ａｄａ ", password }, ada))).toBe("OperatorTaken")
    expect(yield* refusalOf(Accounts.create({ ...ben, name: "", password }, ada))).toBe("OperatorInvalid")
    expect(yield* refusalOf(Accounts.create({ ...ben, password }, { ...ben, role: "operator" }))).toBe("RoleNeeded")
    const [one] = yield* Accounts.list(ada)
    expect(one?.account.passwordHash).toMatch(/^\$(?:argon2id\$v=19|scrypt)\$/)
    expect(JSON.stringify(one)).not.toContain("horse")
  }))

it("a name has nothing in it that is not seen: it would look like another's", () =>
  Effect.gen(function* () {
    for (const unseen of ["\uFE0F", "\u034F", "\u3164", "\u115F", "\u200B", "\u00AD"])
      expect(yield* refusalOf(Accounts.create({ name: `Ada${unseen}`, role: "viewer", password: null }, ada))).toBe(
        "OperatorInvalid"
      )
  }))

it("passwords that everybody tries are not taken, however they are dressed, nor short ones nor one's name", () =>
  Effect.gen(function* () {
    const weak = [
      "eleven chars".slice(0, 11),
      "password",
      "Password1234",
      "passwordpassword",
      "12345678910111213",
      "qwertyuiop123",
      "aaaaaaaaaaaaaaaa",
      "abcabcabcabcabc",
      "!!!!dragon!!!!",
      "x".repeat(257),
      "the benevolent Ben"
    ]
    for (const text of weak)
      expect(yield* refusalOf(Accounts.create({ ...ben, password: Redacted.make(text) }, ada)), text.slice(0, 20)).toBe(
        "PasswordWeak"
      )
    yield* Accounts.create({ ...ben, password: Redacted.make("正确的马电池订书钉一二三") }, ada)
  }))

it("another role, password or a shut door ends an operator's sessions at once", () =>
  Effect.gen(function* () {
    yield* Accounts.create({ ...ben, role: "operator", password }, ada)
    const next = Redacted.make("quite another throwaway")
    const changes: ReadonlyArray<Accounts.AccountChange> = [
      { role: "viewer" },
      { isDisabled: true },
      { isDisabled: false, password: next },
      { endSessions: true }
    ]
    for (const change of changes) {
      const opened = yield* Effect.either(SignIn.signIn({ name: "ben", password, address: null }))
      yield* Accounts.change("BEN", change, ada)
      if (opened._tag === "Right")
        expect(yield* refusalOf(SignIn.resume(Redacted.value(opened.right.id))), Object.keys(change)[0]).toBe(
          "SignedOut"
        )
    }
    yield* SignIn.signIn({ name: "ben", password: next, address: null })
    expect((yield* Accounts.list(ada)).map(({ account, sessions }) => [account.name, sessions])).toEqual([
      ["Ada", 0],
      ["Ben", 1]
    ])
  }))

it("nobody changes his own role or shuts himself out, and an operator changes nobody", () =>
  Effect.gen(function* () {
    yield* Accounts.create({ ...ben, password }, ada)
    expect(yield* refusalOf(Accounts.change("ada", { role: "viewer" }, ada))).toBe("NotOneself")
    expect(yield* refusalOf(Accounts.change("ada", { isDisabled: true }, { ...ada, name: " ADA" }))).toBe("NotOneself")
    expect(yield* refusalOf(Accounts.change("ada", { role: "viewer" }, { name: "Ben", role: "operator" }))).toBe(
      "RoleNeeded"
    )
    expect(yield* refusalOf(Accounts.change("nobody", { role: "viewer" }, ada))).toBe("OperatorNotFound")
  }))

it("there is always an administrator, also when two take each other's role at once", () =>
  Effect.gen(function* () {
    expect(yield* refusalOf(Accounts.change("ada", { role: "viewer" }, ben))).toBe("LastAdministrator")
    expect(yield* refusalOf(Accounts.change("ada", { isDisabled: true }, ben))).toBe("LastAdministrator")
    yield* Accounts.create({ ...ben, password }, ada)
    yield* Effect.all(
      [
        Effect.exit(Accounts.change("ada", { role: "viewer" }, ben)),
        Effect.exit(Accounts.change("ben", { role: "viewer" }, ada))
      ],
      { concurrency: "unbounded" }
    )
    const all = yield* Accounts.list(ada)
    expect(all.filter(({ account }) => account.role === "administrator").length).toBeGreaterThan(0)
  }))

it("an administrator lets sign-in go on after wrong passwords", () =>
  Effect.gen(function* () {
    const { edit } = yield* OperatorAccounts
    yield* edit("ada", (now) => ({ ...now, failures: 7, lockedUntilMillis: 1e15 }))
    expect(yield* refusalOf(SignIn.signIn({ name: "Ada", password, address: null }))).toBe("SignInLocked")
    yield* Accounts.change("Ada", { unlock: true }, ada)
    yield* SignIn.signIn({ name: "Ada", password, address: null })
  }))

const doing = (action: string, subject: string | null) => ({
  operator: " Ada ",
  action,
  subject,
  reason: "asked for by phone",
  address: "192.0.2.7"
})

it("what an operator does is on record with its outcome, and in the history of what it moves", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* placed()
    const closing = (no: string) =>
      Operators.close({ payOrderNo: no, reason: "asked for by phone" }, ada).pipe(
        Trail.recorded(doing("order.close", no))
      )
    yield* closing(payOrderNo)
    expect(yield* refusalOf(closing("nothing"))).toBe("OrderNotFound")
    yield* Effect.exit(Effect.dieMessage("boom").pipe(Trail.recorded(doing("order.sync", null))))
    const { items, next } = yield* Trail.list({ operator: "Ada", subject: null, after: null, limit: 2 }, ada)
    expect(items.map(({ action, outcome }) => [action, outcome])).toEqual([
      ["order.sync", "INTERNAL"],
      ["order.close", "ORDER_NOT_FOUND"]
    ])
    const rest = yield* Trail.list({ operator: null, subject: payOrderNo, after: next, limit: 2 }, ada)
    expect(rest).toMatchObject({
      items: [{ operator: "Ada", outcome: "done", reason: "asked for by phone", address: "192.0.2.7" }],
      next: null
    })
    const history = yield* Effect.flatMap(Orders, ({ history }) => history(payOrderNo))
    expect(history.some(({ detail }) => detail === 'By "Ada": "asked for by phone"')).toBe(true)
  }))

it("what cannot be put on record is not done; what was done stays done where the record is away", () =>
  Effect.gen(function* () {
    let done = 0
    const act = Effect.sync(() => {
      done += 1
    })
    expect(yield* refusalOf(act.pipe(Trail.recorded({ ...doing("x", null), reason: "two\nlines" })))).toBe(
      "OperatorInvalid"
    )
    expect(done).toBe(0)
    const deeds = yield* Deeds
    const away = { ...deeds, add: () => Effect.fail({ _tag: "StoreUnavailable", cause: "away" } as never) }
    const exit = yield* Effect.exit(Effect.provideService(act.pipe(Trail.recorded(doing("x", null))), Deeds, away))
    expect([Exit.isSuccess(exit), done]).toEqual([true, 1])
    expect(Option.isNone(yield* (yield* OperatorAccounts).byName("nobody"))).toBe(true)
  }))
