/**
 * Those who are here now, in no order. A `Set` or a `Map` that members keep coming to and leaving holds on to all of them until
 * the next full collection: each table that it has outgrown refers to those it held, and to the table after it
 * (docs/adr/0018).
 */
export interface Roll<A> extends Iterable<A> {
  /** Puts a member on; answers how to take it off. */
  readonly join: (member: A) => () => void
}

/** A roll with nobody on it. */
export const make = <A>(): Roll<A> => {
  const entries: Array<{ readonly member: A; at: number }> = []
  return {
    join: (member) => {
      const entry = { member, at: entries.length }
      entries.push(entry)
      return () => {
        if (entries[entry.at] !== entry) return
        const last = entries.pop()
        if (last === undefined || last === entry) return
        last.at = entry.at
        entries[entry.at] = last
      }
    },
    [Symbol.iterator]: () => entries.map(({ member }) => member)[Symbol.iterator]()
  }
}
