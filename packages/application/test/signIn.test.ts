import { expect } from "@effect/vitest"
import { Deeds, OperatorAccounts, OperatorSessions } from "@payment-proxy/ports"
import { Duration, Effect, Either, Option, Redacted, TestClock } from "effect"
import * as Accounts from "../src/Accounts.ts"
import * as Attempts from "../src/Attempts.ts"
import * as Passwords from "../src/Passwords.ts"
import * as SignIn from "../src/SignIn.ts"
import { refusalOf, it as world } from "./harness.ts"

const password = Redacted.make("throwaway horse of tests")
const wrong = Redacted.make("another throwaway horse")
const root = { name: "root", role: "administrator" as const }

const cheap = Passwords.make({ argon2: { memory: 64, passes: 1 }, scrypt: { ln: 1 } })

/** A test with an operator Ada, hashes that cost nothing, and a process that nobody has tried to sign in at. */
const it = (name: string, test: () => ReturnType<Parameters<typeof world.world>[1]>) =>
  world.world(name, () =>
    Effect.zipRight(Accounts.create({ name: "Ada", role: "operator", password }, root), test()).pipe(
      Effect.provideService(Passwords.Passwords, cheap),
      Effect.provideService(Attempts.Attempts, Attempts.make())
    )
  )

const entering = (name = "Ada", given = password, address: string | null = "192.0.2.1") =>
  SignIn.signIn({ name, password: given, address })
const account = (name = "ada") =>
  Effect.flatMap(OperatorAccounts, ({ byName }) => Effect.map(byName(name), Option.getOrThrow))
const deeds = Effect.flatMap(Deeds, ({ search }) =>
  Effect.map(search({ operator: null, subject: null, after: null, limit: 100 }), (all) =>
    all.map(({ operator, action, outcome }) => [operator, action, outcome]).reverse()
  )
)
const idOf = Effect.map(({ id }: SignIn.SignedIn) => Redacted.value(id))

it("who has the password gets a session under a new id each time, of which the store has a digest alone", () =>
  Effect.gen(function* () {
    const first = yield* idOf(entering())
    const second = yield* idOf(entering(" ADA "))
    expect(first).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(second).not.toBe(first)
    const { account, session } = yield* SignIn.resume(first)
    expect(account).toMatchObject({ name: "Ada", role: "operator" })
    expect(JSON.stringify(session)).not.toContain(first)
    expect((yield* SignIn.resume(second)).session.csrfToken).not.toBe(session.csrfToken)
    expect(yield* deeds).toEqual([
      ["Ada", "sign-in", "done"],
      ["Ada", "sign-in", "done"]
    ])
  }))

it("a wrong name and a wrong password are refused alike, and take as many hashes", () =>
  Effect.gen(function* () {
    const hashes: Array<boolean> = []
    const counted = Effect.provideService(Passwords.Passwords, {
      ...cheap,
      verify: (given: Redacted.Redacted, hash: string | null) => {
        hashes.push(hash !== null)
        return cheap.verify(given, hash)
      }
    })
    expect(yield* refusalOf(counted(entering("nobody")))).toBe("SignInRefused")
    expect(yield* refusalOf(counted(entering("Ada", wrong)))).toBe("SignInRefused")
    expect(hashes).toEqual([false, true])
    expect(yield* deeds).toEqual([
      ["nobody", "sign-in", "SIGN_IN_REFUSED"],
      ["Ada", "sign-in", "SIGN_IN_REFUSED"]
    ])
  }))

it("after five wrong passwords the right one is refused, too: for one minute, two, four, at most 15", () =>
  Effect.gen(function* () {
    for (const minutes of [1, 2, 4, 8, 15, 15]) {
      const { failures } = yield* account()
      for (let tries = failures; tries < Math.max(5, failures + 1); tries++)
        expect(yield* refusalOf(entering("Ada", wrong, null))).toBe("SignInRefused")
      const locked = yield* Effect.flip(entering("Ada", password, "198.51.100.7"))
      expect(locked).toMatchObject({ _tag: "SignInLocked", retryAfterMillis: minutes * 60_000 })
      yield* TestClock.adjust(Duration.minutes(minutes))
    }
    yield* entering()
    expect(yield* account()).toMatchObject({ failures: 0, lockedUntilMillis: null })
  }))

it("a name that nobody has is locked as one that somebody has, so that the answer tells nothing", () =>
  Effect.gen(function* () {
    for (let tries = 0; tries < 5; tries++)
      expect(yield* refusalOf(entering("nobody", wrong, null))).toBe("SignInRefused")
    expect(yield* Effect.flip(entering("Nobody", wrong, null))).toMatchObject({ retryAfterMillis: 60_000 })
  }))

it("of twenty wrong passwords at once no more than five are looked at", () =>
  Effect.gen(function* () {
    const seen: Array<string | null> = []
    const all = yield* Effect.forEach(
      Array.from({ length: 20 }, (_, at) => `192.0.2.${at}`),
      (address) => refusalOf(entering("Ada", wrong, address)),
      { concurrency: "unbounded" }
    ).pipe(
      Effect.provideService(Passwords.Passwords, {
        ...cheap,
        verify: (given: Redacted.Redacted, hash: string | null) => {
          seen.push(hash)
          return cheap.verify(given, hash)
        }
      })
    )
    expect(seen.length).toBe(5)
    expect(all.filter((code) => code === "SignInLocked").length).toBe(15)
  }))

it("an address that failed ten times waits, whatever names it tries, and its refusals do not flood the trail", () =>
  Effect.gen(function* () {
    const tried = (at: number) => refusalOf(entering(`name-${at}`, wrong, `2001:db8:1:2::${at}`))
    for (let at = 1; at <= 10; at++) expect(yield* tried(at)).toBe("SignInRefused")
    for (let at = 11; at <= 40; at++) expect(yield* tried(at)).toBe("SignInLocked")
    expect((yield* deeds).map(([, , outcome]) => outcome)).toEqual([
      ...Array.from({ length: 10 }, () => "SIGN_IN_REFUSED"),
      "SIGN_IN_LOCKED"
    ])
    yield* entering("Ada", password, "2001:db8:1:3::1")
    yield* TestClock.adjust(Duration.seconds(30))
    expect(yield* tried(41)).toBe("SignInRefused")
    expect(yield* tried(42)).toBe("SignInLocked")
  }))

it("when the hashes cannot keep up, sign-in waits, and the try does not count", () =>
  Effect.gen(function* () {
    const busy = { ...cheap, verify: () => new Passwords.PasswordsBusy() }
    const waiting = Effect.provideService(entering(), Passwords.Passwords, busy)
    for (let tries = 0; tries < 8; tries++) expect(yield* refusalOf(waiting)).toBe("SignInLocked")
    expect(yield* account()).toMatchObject({ failures: 0, lockedUntilMillis: null })
  }))

it("no more than two passwords are hashed at once, and eight wait", () =>
  Effect.gen(function* () {
    const slow = Passwords.make({ argon2: { memory: 8192, passes: 2 }, scrypt: { ln: 1 } })
    const all = yield* Effect.forEach(Array.from({ length: 40 }), () => Effect.either(slow.hash(password)), {
      concurrency: "unbounded"
    })
    expect(all.filter(Either.isRight).length).toBe(10)
    expect(yield* Effect.either(slow.hash(password)), "and then there is room again").toMatchObject({ _tag: "Right" })
  }))

it("a session ends after 15 idle minutes, and after 8 hours however busy", () =>
  Effect.gen(function* () {
    const idle = yield* idOf(entering())
    yield* TestClock.adjust(Duration.millis(SignIn.idleMillis - 1))
    yield* SignIn.resume(idle)
    yield* TestClock.adjust(Duration.millis(SignIn.idleMillis))
    expect(yield* refusalOf(SignIn.resume(idle))).toBe("SignedOut")
    const busy = yield* idOf(entering())
    for (let minutes = 0; minutes < 479; minutes += 10) {
      yield* SignIn.resume(busy)
      yield* TestClock.adjust(Duration.minutes(10))
    }
    expect(yield* refusalOf(SignIn.resume(busy))).toBe("SignedOut")
  }))

it("a stream that goes on by itself does not keep its session open, and the store is told once a minute that one is used", () =>
  Effect.gen(function* () {
    const id = yield* idOf(entering())
    const sessions = yield* OperatorSessions
    const seen: Array<number> = []
    const counted = Effect.provideService(OperatorSessions, {
      ...sessions,
      seen: (key: string, atMillis: number) => {
        seen.push(atMillis)
        return sessions.seen(key, atMillis)
      }
    })
    for (let seconds = 0; seconds <= 150; seconds += 10) {
      yield* counted(SignIn.resume(id))
      yield* TestClock.adjust(Duration.seconds(10))
    }
    expect(seen).toEqual([60_000, 120_000])
    for (let minutes = 0; minutes < 13; minutes++) {
      yield* TestClock.adjust(Duration.minutes(1))
      yield* SignIn.resume(id, false)
    }
    yield* TestClock.adjust(Duration.minutes(2))
    expect(yield* refusalOf(SignIn.resume(id, false))).toBe("SignedOut")
  }))

it("a cookie that was signed out, or that nobody gave out, opens nothing", () =>
  Effect.gen(function* () {
    const id = yield* idOf(entering())
    yield* SignIn.signOut(id)
    for (const text of [id, "", "x".repeat(43), `${id}x`, "' OR 1=1 --"])
      expect(yield* refusalOf(SignIn.resume(text)), text).toBe("SignedOut")
    yield* SignIn.signOut(id)
    expect((yield* deeds).map(([, action]) => action)).toEqual(["sign-in", "sign-out"])
  }))

it("a role that is taken away holds at the next call; a session of who is disabled is none", () =>
  Effect.gen(function* () {
    const id = yield* idOf(entering())
    const { edit } = yield* OperatorAccounts
    yield* edit("ada", (now) => ({ ...now, role: "viewer" }))
    expect((yield* SignIn.resume(id)).account.role).toBe("viewer")
    yield* edit("ada", (now) => ({ ...now, isDisabled: true }))
    expect(yield* refusalOf(SignIn.resume(id))).toBe("SignedOut")
    expect(yield* refusalOf(entering())).toBe("SignInRefused")
  }))

it("one's password is changed by the one before it; the other sessions end, this one goes on", () =>
  Effect.gen(function* () {
    const [here, there] = [yield* entering(), yield* idOf(entering())]
    const { account, session } = here
    const change = (current: Redacted.Redacted, next: string) =>
      SignIn.changePassword({ account, session, current, next: Redacted.make(next), address: null })
    const next = "quite another throwaway"
    expect(yield* refusalOf(change(wrong, next))).toBe("SignInRefused")
    expect(yield* refusalOf(change(password, "short"))).toBe("PasswordWeak")
    yield* change(password, next)
    expect(yield* refusalOf(SignIn.resume(there))).toBe("SignedOut")
    yield* SignIn.resume(Redacted.value(here.id))
    expect(yield* refusalOf(entering())).toBe("SignInRefused")
    yield* entering("Ada", Redacted.make(next))
  }))

const roles = { "pay-ops": "operator", "pay-admins": "administrator" } as const
const identity = (name: string, groups: ReadonlyArray<string>, sub = "sub-1") => ({
  subject: `https://id.example ${sub}`,
  name,
  groups
})

it("who comes by the company's provider has the role of his groups, anew each time; without one he is refused", () =>
  Effect.gen(function* () {
    const first = yield* SignIn.federated(identity("grace", ["staff", "pay-ops"]), roles, null)
    expect(first.account).toMatchObject({ name: "grace", role: "operator", passwordHash: null })
    const second = yield* SignIn.federated(identity("renamed", ["pay-ops", "pay-admins"]), roles, null)
    expect(second.account).toMatchObject({ name: "grace", role: "administrator" })
    for (const groups of [[], ["staff"], ["constructor"], ["__proto__"]])
      expect(yield* refusalOf(SignIn.federated(identity("grace", groups), roles, null))).toBe("FederatedRefused")
    expect(yield* refusalOf(entering("grace"))).toBe("SignInRefused")
  }))

it("an account of the same name is not taken over by who comes by the provider, nor is one that is disabled opened", () =>
  Effect.gen(function* () {
    expect(yield* refusalOf(SignIn.federated(identity("ADA", ["pay-admins"]), roles, null))).toBe("FederatedRefused")
    expect(yield* account()).toMatchObject({ role: "operator", subject: null })
    yield* SignIn.federated(identity("grace", ["pay-ops"]), roles, null)
    expect(yield* refusalOf(SignIn.federated(identity("grace", ["pay-ops"], "sub-2"), roles, null))).toBe(
      "FederatedRefused"
    )
    yield* Effect.flatMap(OperatorAccounts, ({ edit }) => edit("grace", (now) => ({ ...now, isDisabled: true })))
    expect(yield* refusalOf(SignIn.federated(identity("grace", ["pay-ops"]), roles, null))).toBe("FederatedRefused")
  }))

it("of ten first sign-ins at once by the provider, one makes the account and all come in", () =>
  Effect.gen(function* () {
    const all = yield* Effect.forEach(
      Array.from({ length: 10 }),
      () => SignIn.federated(identity("grace", ["pay-ops"]), roles, null),
      { concurrency: "unbounded" }
    )
    expect(new Set(all.map(({ id }) => Redacted.value(id))).size).toBe(10)
    expect(
      (yield* Accounts.list({ name: "ada", role: "administrator" })).find(({ account }) => account.name === "grace")
        ?.sessions
    ).toBe(10)
  }))

it("a password that is changed while it is looked at opens nothing, and changes nothing", () =>
  Effect.gen(function* () {
    const next = Redacted.make("a newer throwaway horse")
    const stores = yield* Effect.context<OperatorAccounts | OperatorSessions>()
    const changed = Effect.provide(Effect.orDie(Accounts.setPassword("Ada", next)), stores)
    const { account, session } = yield* Effect.flatMap(idOf(entering()), (id) => SignIn.resume(id))
    const late = Effect.provideService(Passwords.Passwords, {
      ...cheap,
      verify: (given: Redacted.Redacted, hash: string | null) =>
        Effect.tap(cheap.verify(given, hash), () => Effect.provideService(changed, Passwords.Passwords, cheap))
    })
    expect(yield* refusalOf(late(entering()))).toBe("SignInRefused")
    const taking = { account, session, current: next, next: Redacted.make("the thief's own horse"), address: null }
    expect(yield* refusalOf(late(SignIn.changePassword(taking)))).toBe("SignInRefused")
    expect((yield* Effect.flatMap(OperatorSessions, ({ counts }) => counts(0, 0))).size).toBe(0)
    yield* entering("Ada", next)
  }))

it("a password that is changed while its session is opened leaves no session behind", () =>
  Effect.gen(function* () {
    const next = Redacted.make("a newer throwaway horse")
    const sessions = yield* OperatorSessions
    const stores = yield* Effect.context<OperatorAccounts | OperatorSessions>()
    const changed = Effect.provide(Effect.orDie(Accounts.setPassword("Ada", next)), stores)
    const late = Effect.provideService(OperatorSessions, {
      ...sessions,
      add: (session) => Effect.zipRight(changed, sessions.add(session))
    })
    expect(yield* refusalOf(late(entering()))).toBe("SignInRefused")
    expect((yield* sessions.counts(0, 0)).size).toBe(0)
  }))
