import { randomUUID } from "node:crypto"
import { Orders as Rows } from "@payment-proxy/order-table"
import { type Change, crashPoint, Stale, StoreUnavailable, Unsettled } from "@payment-proxy/ports"
import { Data, Duration, Effect, Either, Schedule, Schema } from "effect"
import type { Connection as Link } from "mysql2"
import * as Connections from "./Connections.ts"
import { again, type Database, now, typed, undone } from "./Database.ts"
import * as DatabaseClock from "./DatabaseClock.ts"
import * as Failures from "./Failures.ts"
import * as Lanes from "./Lanes.ts"
import * as Metrics from "./Metrics.ts"
import * as Statements from "./Statements.ts"

/** A number or the key of a new order is taken; who has it is read by the caller. */
export class Taken extends Data.TaggedError("Taken")<{ readonly change: Change }> {}

type Failure = Stale | Taken | StoreUnavailable | Unsettled

/** What one caller wants on disk, all or none. */
interface Member {
  readonly changes: ReadonlyArray<Change>
  /** Written with each history row: tells our own rows from another's where a COMMIT's outcome is unknown. */
  readonly nonce: string
  readonly now: string
  readonly tell: (outcome: Effect.Effect<void, Failure>) => void
  /** Since when it waits for a lane. */
  readonly sinceMillis: number
  /** How often its COMMIT was lost and turned out not to have been done. */
  readonly lost: number
}

/** Why a try did not commit; nothing of it is on disk, but for `lost`. */
type Reason =
  /** A member does not fit what is there: its version, its number or its key. */
  | "short"
  /** Somebody holds a row for longer than we wait. */
  | "locked"
  /** The server undid the transaction for another's sake. */
  | "undone"
  /** The server takes no writes at all, or no connections. */
  | "closed"
  /** The server does not take this statement. */
  | "refused"
  /** No connection, or it broke before the COMMIT left. */
  | "unsent"
  /** As `unsent`, after a time limit. */
  | "silent"
  /** The COMMIT left, and no answer came. */
  | "lost"

class Uncommitted extends Data.TaggedError("Uncommitted")<{ readonly reason: Reason; readonly cause: unknown }> {}

const lanes = 2
const maxMembers = 128
const maxWaiting = 4096
const maxLost = 3
const withdrawEvery = Duration.millis(100)

/** How long a lost COMMIT's outcome is looked for before the caller is told that it is unknown. */
const settling = (limitMillis: number) =>
  Schedule.exponential(Duration.millis(50)).pipe(
    Schedule.union(Schedule.spaced(Duration.seconds(1))),
    Schedule.upTo(Duration.millis(limitMillis))
  )

/** What may be one member's own fault. */
const blamed: ReadonlySet<Reason> = new Set<Reason>(["short", "locked", "refused"])

/** Patience with a connection is real time, whatever clock the orders go by. */
const real = DatabaseClock.monotonic

const misfit = (change: Change): Taken | Stale =>
  Statements.isNew(change) && change.refund === null
    ? new Taken({ change })
    : new Stale({ payOrderNo: change.entry.payOrderNo })

const writtenBy = (members: ReadonlyArray<Member>): ReadonlyArray<Statements.Written> =>
  members.flatMap(({ changes, now, nonce }) => changes.map((change) => ({ change, now, nonce })))

const packet = (link: Link, statements: ReadonlyArray<string>, limitMillis: number) =>
  Connections.run(link, statements.join(";\n"), [], limitMillis)

const Header = Schema.Struct({ affectedRows: Schema.Number })
const headersOf = Schema.decodeUnknown(Schema.Array(Header))

/** Too many connections, shutting down, out of space, read-only: whatever we would write. */
const closed = Failures.codesOf("too_many_connections", "shutting_down", "full", "read_only")
const timeouts = Failures.codesOf("silent")
const locked = Failures.codesOf("lock_wait")

/** A proxy before the database says that it lost it: what became of a COMMIT, nobody knows. */
const lostBehind: ReadonlySet<unknown> = new Set([1105, 2006, 2013])

const reasonOf = (error: unknown, isCommitSent: boolean): Reason => {
  const code = Connections.codeOf(error)
  if (locked.has(code)) return "locked"
  if (undone.has(code)) return "undone"
  if (code === 1062) return "short"
  if (closed.has(code)) return "closed"
  // Before the COMMIT, it may be one member's own statement that a proxy or the server fails at.
  if (typeof code === "number" && !(isCommitSent && lostBehind.has(code))) return "refused"
  if (isCommitSent) return "lost"
  return timeouts.has(code) ? "silent" : "unsent"
}

const uncommitted = (isCommitSent: boolean) => (cause: unknown) =>
  new Uncommitted({ reason: reasonOf(cause, isCommitSent), cause })

/** One try of a whole batch in one transaction. Unless it commits, nothing of it is left open on the connection. */
const attempt = Effect.fnUntraced(
  function* (link: Link, members: ReadonlyArray<Member>, limitMillis: number) {
    const all = writtenBy(members)
    const { statements, expected } = Statements.orders(all)
    const results = yield* Effect.mapError(packet(link, statements, limitMillis), uncommitted(false))
    const headers = yield* Effect.orDie(headersOf(results))
    const isShort = expected.some((count, index) => headers[index + 1]?.affectedRows !== count)
    if (isShort) return yield* new Uncommitted({ reason: "short", cause: "A member is stale." })
    const news = all.some(({ change }) => Statements.isNew(change))
    yield* crashPoint(news ? "K02" : "K09")
    yield* Effect.mapError(packet(link, Statements.consequences(all), limitMillis), uncommitted(true))
    if (news) yield* crashPoint("K03")
  },
  (effect, link, _, limitMillis) => Connections.rolledBack(link, limitMillis)(effect)
)

/** Batches in which no order is twice: its second change is decided from what the first one makes. */
const apart = (members: ReadonlyArray<Member>): ReadonlyArray<ReadonlyArray<Member>> => {
  const seen = new Set<string>()
  const now: Array<Member> = []
  const later: Array<Member> = []
  for (const member of members) {
    const numbers = member.changes.map(({ entry }) => entry.payOrderNo)
    const isFree = later.length === 0 && !numbers.some((no) => seen.has(no))
    for (const no of numbers) seen.add(no)
    ;(isFree ? now : later).push(member)
  }
  return later.length === 0 ? [now] : [now, ...apart(later)]
}

/** Commits of concurrent callers, sharing transactions (stack.md): what waits while a lane is busy goes out together. */
export const make = (database: Database["Type"]) =>
  Effect.gen(function* () {
    const { options, sql, transaction } = database
    const lines = yield* Lanes.make<Member>(lanes, maxMembers)
    const { waiting, put } = lines
    const tooMany = Effect.fail(new StoreUnavailable({ cause: "Too many commits wait for the database." }))

    /** Waits for a lane; `withdraw` sees to it that it does not wait for long. */
    const wait = (member: Member): void => {
      if (waiting.length < maxWaiting) return put(member)
      Metrics.countShed("queue_full")
      member.tell(tooMany)
    }

    /** Members that no lane took in time: nothing of them was written. */
    const withdraw = Effect.sync(() => {
      const latestMillis = real.unsafeCurrentTimeMillis() - options.acquireMillis
      Metrics.setWaiting(waiting.length)
      const count = waiting.findIndex(({ sinceMillis }) => sinceMillis > latestMillis)
      const late = waiting.splice(0, count < 0 ? waiting.length : count)
      Metrics.countShed("waited_too_long", late.length)
      for (const { tell } of late) tell(tooMany)
    })

    /** Which of a member's changes does not fit what is on disk. */
    const unfit = (changes: ReadonlyArray<Change>): Effect.Effect<Change, StoreUnavailable> => {
      const [first, ...others] = changes
      if (first === undefined) return Effect.dieMessage("A commit of nothing was taken for stale.")
      if (others.length === 0) return Effect.succeed(first)
      const numbers = changes.map(({ entry }) => entry.payOrderNo)
      return sql`SELECT pay_order_no, version FROM payment_proxy_order WHERE ${sql.in("pay_order_no", numbers)}`.unprepared.pipe(
        Effect.flatMap(Rows.toVersions),
        typed,
        Effect.mapError((cause) => (cause instanceof StoreUnavailable ? cause : new StoreUnavailable({ cause }))),
        Effect.map((versions) => {
          const found = changes.find(({ entry, expected }) => (versions.get(entry.payOrderNo) ?? 0) !== expected)
          // Where every number of ours fits, it is a new order's key that is taken, or its number at the vendor.
          return found ?? changes.find(Statements.isNew) ?? first
        })
      )
    }

    /** Whether a member's rows are there: looked at once nobody holds its orders any more. */
    const isWritten = ({ changes, nonce }: Member) =>
      transaction(
        Effect.gen(function* () {
          const [first] = changes
          if (first === undefined) return true
          const numbers = changes.map(({ entry }) => entry.payOrderNo)
          yield* sql`SELECT id FROM payment_proxy_order WHERE ${sql.in("pay_order_no", numbers)} FOR UPDATE`.unprepared
          const { payOrderNo, version } = first.entry
          const rows = yield* sql`SELECT nonce FROM payment_proxy_history
            WHERE pay_order_no = ${payOrderNo} AND version = ${version} AND nonce = ${nonce}`
          return rows.length === 1
        })
      )

    /** Finds out what became of a member whose COMMIT was not answered; where nothing did, it waits for its turn again. */
    const lookFor = (member: Member, cause: unknown): Effect.Effect<void> =>
      isWritten(member).pipe(
        Effect.retry(settling(options.settleMillis)),
        Metrics.settling,
        Effect.match({
          onFailure: () => member.tell(Effect.fail(new Unsettled({ cause }))),
          onSuccess: (isThere) => {
            const lost = member.lost + 1
            if (isThere) member.tell(Effect.void)
            else if (lost === maxLost) member.tell(Effect.fail(new StoreUnavailable({ cause })))
            else wait({ ...member, sinceMillis: real.unsafeCurrentTimeMillis(), lost })
          }
        })
      )

    const lane = Effect.gen(function* () {
      const scope = yield* Effect.scope
      const connected = Effect.mapError(yield* Connections.kept(options), uncommitted(false))
      const tried = (members: ReadonlyArray<Member>) =>
        Effect.flatMap(connected, (open) => attempt(open, members, options.statementMillis)).pipe(
          Effect.retry({ while: ({ reason }) => reason === "undone", schedule: again }),
          // The connection may have been dead for long; a new one tells.
          Effect.retry({ while: ({ reason }) => reason === "unsent", times: 1 })
        )

      /** What a member is told that did not get through; where that is not known, it is looked for aside. */
      const told = (member: Member, { reason, cause }: Uncommitted) => {
        if (reason === "lost") return Effect.asVoid(Effect.forkIn(lookFor(member, cause), scope))
        if (reason !== "short") return Effect.sync(() => member.tell(Effect.fail(new StoreUnavailable({ cause }))))
        return Effect.map(Effect.either(unfit(member.changes)), (found) =>
          member.tell(Effect.fail(Either.isLeft(found) ? found.left : misfit(found.right)))
        )
      }

      const batch = (members: ReadonlyArray<Member>): Effect.Effect<void> =>
        tried(members).pipe(
          Metrics.committing(members.length),
          Effect.matchEffect({
            onSuccess: () =>
              Effect.sync(() => {
                for (const { tell } of members) tell(Effect.void)
              }),
            onFailure: (failure) =>
              // One of them is to blame: each by itself finds out which, and the others are not held up by it.
              members.length > 1 && blamed.has(failure.reason)
                ? Effect.forEach(members, (member) => batch([member]), { discard: true })
                : Effect.forEach(members, (member) => told(member, failure), { discard: true })
          })
        )

      const round = (members: ReadonlyArray<Member>) => {
        Metrics.setWaiting(waiting.length)
        return Effect.forEach(apart(members), batch, { discard: true })
      }
      // The COMMIT may have left: only a look tells. None is tried again, as some may have been told already.
      const died = (members: ReadonlyArray<Member>, defect: unknown) => {
        const lost = new Uncommitted({ reason: "lost", cause: defect })
        return Effect.forEach(members, (member) => told({ ...member, lost: maxLost - 1 }, lost), { discard: true })
      }
      yield* Lanes.forked(lines, round, died)
    })

    for (let count = 0; count < lanes; count++) yield* lane
    yield* Effect.forkScoped(Effect.withClock(Effect.repeat(withdraw, Schedule.spaced(withdrawEvery)), real))

    /** All of `changes` or none; the outcome is known when it answers, or said to be unknown. */
    const commit = (changes: ReadonlyArray<Change>): Effect.Effect<void, Failure> =>
      Effect.flatMap(now, (clock) =>
        Effect.async((tell) => {
          const nonce = randomUUID().replaceAll("-", "")
          wait({ changes, nonce, now: clock, tell, sinceMillis: real.unsafeCurrentTimeMillis(), lost: 0 })
        })
      )
    return { commit }
  })
