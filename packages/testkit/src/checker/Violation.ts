/** What must hold after any run, by the names of the fault page. */
export type Invariant = "I1" | "I2" | "I3" | "I4" | "I5" | "I6" | "I7" | "I8" | "I9" | "I10" | "I14"

/** An invariant that does not hold, where, and what was found. */
export interface Violation {
  readonly invariant: Invariant
  readonly subject: string
  readonly detail: string
}

/** The violation of an invariant, where `isWrong`. */
export const found = (
  isWrong: boolean,
  invariant: Invariant,
  subject: string,
  detail: string
): ReadonlyArray<Violation> => (isWrong ? [{ invariant, subject, detail }] : [])

/** Rows by a key of theirs. */
export const grouped = <A>(rows: ReadonlyArray<A>, keyOf: (row: A) => string): ReadonlyMap<string, ReadonlyArray<A>> =>
  Map.groupBy(rows, keyOf)
