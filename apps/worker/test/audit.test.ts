import { createHash } from "node:crypto"
import { expect, layer } from "@effect/vitest"
import { Audit, Chain, place } from "@payment-proxy/application"
import { Orders, Retention } from "@payment-proxy/ports"
import { epochMillis } from "@payment-proxy/testkit"
import { Duration, Effect, type Layer, TestClock } from "effect"
import { asked, chained, ended, Intruder, mariaDb, sqlite } from "./ledger.ts"

type Numbers = Effect.Effect.Success<ReturnType<typeof ended>>

/** What somebody does to an order's rows, and the first broken link that must be named. */
interface Case {
  readonly name: string
  readonly sql: (numbers: Numbers, other: Numbers) => ReadonlyArray<string>
  readonly fault: Audit.Fault["fault"]
  readonly version: number
}

const history = "payment_proxy_history"
const order = "payment_proxy_order"
const of = (no: string, version?: number) =>
  `WHERE pay_order_no = '${no}'${version === undefined ? "" : ` AND version = ${version}`}`
const alter = (column: string, value: string, version = 2): Omit<Case, "name"> => ({
  sql: ({ no }) => [`UPDATE ${history} SET ${column} = ${value} ${of(no, version)}`],
  fault: "ALTERED",
  version
})

/** The columns that a row of one more version is copied with; MariaDB's rows have a nonce, too. */
const copied = "pay_order_no, state, cause, detail, at_millis, hash"
const insert = (no: string, version: number, nonce: string) =>
  `INSERT INTO ${history} (version, ${nonce} ${copied}) SELECT ${version}, ${nonce} ${copied} FROM ${history} ${of(no, 2)}`

const rows = (nonce: string): ReadonlyArray<Case> => [
  { name: "another state", ...alter("state", "'CLOSED'") },
  { name: "a state that is none", ...alter("state", "'PAID'") },
  { name: "another cause", ...alter("cause", "'query:paid'") },
  { name: "a detail where there was none", ...alter("detail", "''") },
  { name: "no detail where there was one", ...alter("detail", "NULL", 3) },
  { name: "another time", ...alter("at_millis", "at_millis + 1") },
  {
    name: "another hash",
    ...alter("hash", "CONCAT(CASE SUBSTR(hash, 1, 1) WHEN '0' THEN '1' ELSE '0' END, SUBSTR(hash, 2))", 3)
  },
  { name: "no hash", ...alter("hash", "NULL"), fault: "UNCHAINED" },
  { name: "another version at the end", ...alter("version", "7", 4), fault: "MISSING" },
  { name: "another version in the middle", ...alter("version", "8", 2), fault: "MISSING" },
  {
    name: "another number",
    sql: ({ no }) => [`UPDATE ${history} SET pay_order_no = CONCAT(pay_order_no, 'X') ${of(no, 1)}`],
    fault: "MISSING",
    version: 1
  },
  ...[1, 2].map(
    (version): Case => ({
      name: `row ${version} deleted`,
      sql: ({ no }) => [`DELETE FROM ${history} ${of(no, version)}`],
      fault: "MISSING",
      version
    })
  ),
  {
    name: "the last row deleted",
    sql: ({ no }) => [`DELETE FROM ${history} ${of(no, 4)}`],
    fault: "TRUNCATED",
    version: 4
  },
  {
    name: "the last row deleted, and the order put back to the version before",
    sql: ({ no }) => [
      `DELETE FROM ${history} ${of(no, 4)}`,
      `UPDATE ${order} SET version = 3, pay_status = 30 ${of(no)}`
    ],
    fault: "TRUNCATED",
    version: 3
  },
  { name: "all rows deleted", sql: ({ no }) => [`DELETE FROM ${history} ${of(no)}`], fault: "MISSING", version: 1 },
  { name: "a row inserted at the end", sql: ({ no }) => [insert(no, 5, nonce)], fault: "INSERTED", version: 5 },
  {
    name: "a row inserted at the end, and the order with it",
    sql: ({ no }) => [insert(no, 5, nonce), `UPDATE ${order} SET version = 5 ${of(no)}`],
    fault: "ALTERED",
    version: 5
  },
  {
    name: "a row inserted in the middle, those after it moved on",
    sql: ({ no }) => [
      `UPDATE ${history} SET version = 5 ${of(no, 4)}`,
      `UPDATE ${history} SET version = 4 ${of(no, 3)}`,
      insert(no, 3, nonce),
      `UPDATE ${order} SET version = 5 ${of(no)}`
    ],
    fault: "ALTERED",
    version: 3
  },
  {
    name: "two rows of one order exchanged",
    sql: ({ no }) => [
      `UPDATE ${history} SET version = 9 ${of(no, 2)}`,
      `UPDATE ${history} SET version = 2 ${of(no, 3)}`,
      `UPDATE ${history} SET version = 3 ${of(no, 9)}`
    ],
    fault: "ALTERED",
    version: 2
  },
  {
    name: "two orders' rows exchanged",
    sql: ({ no }, other) => [
      `UPDATE ${history} SET pay_order_no = 'X' ${of(no, 3)}`,
      `UPDATE ${history} SET pay_order_no = '${no}' ${of(other.no, 3)}`,
      `UPDATE ${history} SET pay_order_no = '${other.no}' WHERE pay_order_no = 'X'`
    ],
    fault: "ALTERED",
    version: 3
  }
]

const orders: ReadonlyArray<Case> = [
  {
    name: "the order's row has another state",
    sql: ({ no }) => [`UPDATE ${order} SET pay_status = 30 ${of(no)}`],
    fault: "ROW_DIFFERS",
    version: 4
  },
  {
    name: "the order's row has a state that is none",
    sql: ({ no }) => [`UPDATE ${order} SET pay_status = 33 ${of(no)}`],
    fault: "ROW_DIFFERS",
    version: 4
  },
  {
    name: "the order's row has a later version",
    sql: ({ no }) => [`UPDATE ${order} SET version = 6 ${of(no)}`],
    fault: "TRUNCATED",
    version: 5
  },
  {
    name: "the order's row has no head",
    sql: ({ no }) => [`UPDATE ${order} SET head = NULL ${of(no)}`],
    fault: "TRUNCATED",
    version: 4
  },
  {
    name: "the order's row is deleted",
    sql: ({ no }) => [`DELETE FROM ${order} ${of(no)}`],
    fault: "MISSING",
    version: 4
  },
  {
    name: "a payment's row says that it is a refund",
    sql: ({ no }) => [`UPDATE ${order} SET trans_type = 2 ${of(no)}`],
    fault: "ROW_DIFFERS",
    version: 4
  }
]

/** The hash that a forger can make, who has no key. */
const plain = (previous: string | null, entry: Chain.Link): string => {
  const { payOrderNo, version, state, cause, detail, atMillis } = entry
  const said = JSON.stringify([previous, payOrderNo, version, state, cause, detail, atMillis])
  return createHash("sha256").update(said).digest("hex")
}

/** A history of which the second row says something else, with every hash as a forger would make them. */
const forged = (no: string, prefix: string) =>
  Effect.gen(function* () {
    const entries = yield* Effect.flatMap(Orders, (all) => all.history(no))
    let previous: string | null = null
    const statements: Array<string> = []
    for (const entry of entries) {
      const cause = entry.version === 2 ? "forged" : entry.cause
      previous = `${prefix}${plain(previous, { ...entry, cause })}`
      statements.push(`UPDATE ${history} SET cause = '${cause}', hash = '${previous}' ${of(no, entry.version)}`)
    }
    return [...statements, `UPDATE ${order} SET head = '${previous}' ${of(no)}`]
  })

type World = Layer.Layer<Layer.Layer.Success<ReturnType<typeof chained<never, never>>>, unknown>

/** F70: whoever can write the database cannot change what a history says without being found. */
const auditSuite = (name: string, world: World, nonce: string): void =>
  layer(world)(`Audit: ${name}`, (it) => {
    const tampered = new Set<string>()
    const tamper = (...statements: ReadonlyArray<string>) =>
      Effect.flatMap(Intruder, (intruder) => intruder.run(...statements))

    /** What an audit says of a payment and its refund. */
    const faultsOf = ({ no, refundNo }: Numbers) =>
      Effect.map(Audit.verify({ pageSize: 50 }), ({ found }) =>
        found.filter(({ payOrderNo }) => payOrderNo === no || payOrderNo === refundNo)
      )

    it.effect("a clean store of some thousand rows has no fault, and its pages are told one by one", () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(epochMillis)
        for (let count = 0; count < 300; count++) yield* place(asked())
        for (let count = 0; count < 200; count++) yield* ended()
        const told: Array<Audit.Progress> = []
        const onProgress = (progress: Audit.Progress) => Effect.sync(() => void told.push(progress))
        const report = yield* Audit.verify({ pageSize: 100, onProgress })
        expect(report).toMatchObject({ orders: 700, entries: 1800, unchained: 0, faults: 0, found: [] })
        expect(told.map(({ orders }) => orders)).toEqual([100, 200, 300, 400, 500, 600, 700, 700])
        const chain = yield* Chain.Chain
        expect(report).toMatchObject({ keyId: chain.keyId, sinceMillis: chain.sinceMillis })
      })
    )

    it.effect("what retention moves out is verified where it then is, and the rest where it was", () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(epochMillis + 86_400_000)
        const retention = yield* Retention
        expect(yield* retention.moveOut("history", Duration.hours(1), 151)).toBe(151)
        const report = yield* Audit.verify({ pageSize: 100 })
        expect(report).toMatchObject({ orders: 700, entries: 1800, unchained: 0, faults: 0 })
      })
    )

    for (const { name, sql, fault, version } of [...rows(nonce), ...orders])
      it.effect(`${name}: ${fault} at ${version}`, () =>
        Effect.gen(function* () {
          const [ours, other] = [yield* ended(), yield* ended()]
          expect(yield* faultsOf(ours)).toEqual([])
          yield* tamper(...sql(ours, other))
          const [found, ...more] = yield* faultsOf(ours)
          expect(more).toEqual([])
          expect(found).toMatchObject({ payOrderNo: ours.no, version, fault })
          tampered.add(ours.no)
        })
      )

    it.effect("a refund's rows are found like a payment's", () =>
      Effect.gen(function* () {
        const ours = yield* ended()
        yield* tamper(`UPDATE ${history} SET state = 'FAILED' ${of(ours.refundNo, 2)}`)
        expect(yield* faultsOf(ours)).toMatchObject([{ payOrderNo: ours.refundNo, version: 2, fault: "ALTERED" }])
      })
    )

    it.effect("a history that is rewritten with all its hashes, by whoever has no key, is found at its first row", () =>
      Effect.gen(function* () {
        const chain = yield* Chain.Chain
        for (const prefix of ["", `${chain.keyId}.`, "00000000."]) {
          const ours = yield* ended()
          yield* tamper(...(yield* forged(ours.no, prefix)))
          expect(yield* faultsOf(ours)).toMatchObject([{ payOrderNo: ours.no, version: 1, fault: "ALTERED" }])
        }
      })
    )

    it.effect("a whole order that is written past us is found, chained by nobody or as another one", () =>
      Effect.gen(function* () {
        const [ours, made] = [yield* ended(), yield* ended()]
        yield* tamper(
          `UPDATE ${history} SET hash = NULL ${of(made.no)}`,
          `UPDATE ${order} SET head = NULL ${of(made.no)}`
        )
        expect(yield* faultsOf(made)).toMatchObject([{ version: 1, fault: "UNCHAINED" }])
        yield* tamper(
          `DELETE FROM ${history} ${of(made.no)}`,
          `UPDATE ${history} SET pay_order_no = '${made.no}' ${of(ours.no)}`
        )
        expect(yield* faultsOf(made)).toMatchObject([{ version: 1, fault: "ALTERED" }])
        expect(yield* faultsOf(ours)).toMatchObject([{ version: 1, fault: "MISSING" }])
      })
    )

    it.effect("rows of an order that there never was are found", () =>
      Effect.gen(function* () {
        const ours = yield* ended()
        yield* tamper(
          `INSERT INTO ${history} (version, pay_order_no, ${nonce} state, cause, detail, at_millis, hash)
            SELECT 1, 'NEVER', ${nonce} state, cause, detail, at_millis, hash FROM ${history} ${of(ours.no, 1)}`
        )
        const { found } = yield* Audit.verify()
        expect(found.filter(({ payOrderNo }) => payOrderNo === "NEVER")).toMatchObject([
          { version: 1, fault: "INSERTED" }
        ])
      })
    )

    it.effect("a row that was moved out is found like one that was not: altered there, or put back a second time", () =>
      Effect.gen(function* () {
        const [one, other] = [yield* ended(), yield* ended()]
        const old = `${history}_old`
        const move = (no: string) => [
          `INSERT INTO ${old} SELECT * FROM ${history} ${of(no)}`,
          `DELETE FROM ${history} ${of(no)}`
        ]
        yield* tamper(...move(one.no), ...move(other.no))
        expect([...(yield* faultsOf(one)), ...(yield* faultsOf(other))]).toEqual([])
        yield* tamper(
          `UPDATE ${old} SET detail = 'another' ${of(one.no, 3)}`,
          `INSERT INTO ${history} SELECT * FROM ${old} ${of(other.no, 2)}`
        )
        expect(yield* faultsOf(one)).toMatchObject([{ version: 3, fault: "ALTERED" }])
        expect(yield* faultsOf(other)).toMatchObject([{ version: 2, fault: "INSERTED" }])
      })
    )

    it.effect("no more faults are kept than asked for, and all are counted; nothing that rows say is in them", () =>
      Effect.gen(function* () {
        const report = yield* Audit.verify({ maxFound: 3 })
        expect(report.found.length).toBe(3)
        expect(report.faults).toBeGreaterThanOrEqual(tampered.size)
        const { found } = yield* Audit.verify()
        expect(found.map(({ payOrderNo }) => payOrderNo)).toEqual(expect.arrayContaining([...tampered]))
        expect(JSON.stringify(found)).not.toContain("said the vendor")
      })
    )
  })

auditSuite("SQLite", chained(sqlite), "")
auditSuite("MariaDB", chained(mariaDb), "nonce,")
