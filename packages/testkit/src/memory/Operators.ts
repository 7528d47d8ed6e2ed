import {
  type Deed,
  Deeds,
  type OperatorAccount,
  OperatorAccounts,
  type OperatorSession,
  OperatorSessions,
  OperatorTaken,
  SavedFilters
} from "@payment-proxy/ports"
import { Effect, Option } from "effect"

const byText =
  <A>(text: (row: A) => string) =>
  (a: A, b: A): number =>
    text(a) < text(b) ? -1 : 1

/** `OperatorAccounts` in memory. */
export const accounts = (): OperatorAccounts["Type"] => {
  const rows = new Map<string, OperatorAccount>()
  return OperatorAccounts.of({
    add: (account) =>
      Effect.suspend(() => {
        const isTaken = [...rows.values()].some(
          ({ compared, subject }) => compared === account.compared || (subject !== null && subject === account.subject)
        )
        if (isTaken) return new OperatorTaken({ name: account.name })
        rows.set(account.compared, account)
        return Effect.void
      }),
    byName: (compared) => Effect.sync(() => Option.fromNullable(rows.get(compared))),
    bySubject: (subject) =>
      Effect.sync(() => Option.fromNullable([...rows.values()].find((row) => row.subject === subject))),
    list: Effect.sync(() => [...rows.values()].sort(byText(({ compared }) => compared))),
    edit: (compared, change) =>
      Effect.sync(() => {
        const row = rows.get(compared)
        if (row === undefined) return Option.none()
        const changed = { ...change(row), compared, createdAtMillis: row.createdAtMillis }
        rows.set(compared, changed)
        return Option.some(changed)
      })
  })
}

/** `OperatorSessions` in memory. */
export const sessions = (): OperatorSessions["Type"] => {
  const rows = new Map<string, OperatorSession>()
  const dropped = (isOver: (row: OperatorSession) => boolean) =>
    Effect.sync(() => {
      for (const [id, row] of rows) if (isOver(row)) rows.delete(id)
    })
  return OperatorSessions.of({
    add: (session) => Effect.sync(() => void rows.set(session.idSha256, session)),
    byId: (id) => Effect.sync(() => Option.fromNullable(rows.get(id))),
    seen: (id, atMillis) =>
      Effect.sync(() => {
        const row = rows.get(id)
        if (row !== undefined) rows.set(id, { ...row, seenAtMillis: Math.max(row.seenAtMillis, atMillis) })
      }),
    end: (id) => Effect.sync(() => void rows.delete(id)),
    endAll: (operator, but) => dropped((row) => row.operator === operator && row.idSha256 !== but),
    counts: (nowMillis, seenFromMillis) =>
      Effect.sync(() => {
        const counts = new Map<string, number>()
        for (const { operator, seenAtMillis, endsAtMillis } of rows.values())
          if (seenAtMillis >= seenFromMillis && endsAtMillis > nowMillis)
            counts.set(operator, (counts.get(operator) ?? 0) + 1)
        return counts
      }),
    sweep: (nowMillis, seenFromMillis) =>
      dropped((row) => row.endsAtMillis < nowMillis || row.seenAtMillis < seenFromMillis)
  })
}

/** `Deeds` in memory. */
export const deeds = (): Deeds["Type"] => {
  const rows: Array<Deed> = []
  return Deeds.of({
    add: (deed) => Effect.sync(() => void rows.push(deed)),
    search: ({ operator, subject, after, limit }) =>
      Effect.sync(() =>
        rows
          .filter(
            (row) =>
              (operator === null || row.operator === operator) &&
              (subject === null || row.subject === subject) &&
              (after === null || row.id < after)
          )
          .sort(byText(({ id }) => id))
          .reverse()
          .slice(0, limit)
      )
  })
}

/** `SavedFilters` in memory. */
export const filters = (): SavedFilters["Type"] => {
  const rows = new Map<string, Map<string, string>>()
  return SavedFilters.of({
    of: (operator) =>
      Effect.sync(() =>
        [...(rows.get(operator) ?? [])].map(([name, filter]) => ({ name, filter })).sort(byText(({ name }) => name))
      ),
    put: (operator, name, filter) =>
      Effect.sync(() => void rows.set(operator, new Map(rows.get(operator)).set(name, filter))),
    drop: (operator, name) => Effect.sync(() => void rows.get(operator)?.delete(name))
  })
}
