/** What a failure is called in metrics, and the server's numbers or the connection's words that tell it. */
const codes = {
  /** The server undid the transaction for another's sake. */
  deadlock: [1213],
  /** Somebody holds a row for longer than we wait. */
  lock_wait: [1205],
  /** The row changed under a snapshot. */
  snapshot: [1020],
  too_many_connections: [1040, 1203, 1226],
  shutting_down: [1053],
  full: [1021, 1114],
  read_only: [1290, 1792, 1836],
  /** No such database, or not for this user. */
  denied: [1044, 1045, 1049, 1698],
  /** No answer within the time limit. */
  silent: ["PROTOCOL_SEQUENCE_TIMEOUT", "ETIMEDOUT"],
  /** No connection of the pool was free, or became one, within the time limit. */
  acquire_timeout: ["ACQUIRE_TIMEOUT"],
  /** Nobody listens there. */
  unreachable: ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"]
} as const satisfies Readonly<Record<string, ReadonlyArray<number | string>>>

type Named = keyof typeof codes

/** Beside the named ones: a statement that the server does not take, and a connection that broke. */
export type Kind = Named | "refused" | "lost"

const entries = Object.entries(codes) as ReadonlyArray<readonly [Named, ReadonlyArray<number | string>]>

/** Every kind there is. */
export const kinds: ReadonlyArray<Kind> = [...entries.map(([kind]) => kind), "refused", "lost"]

const byCode: ReadonlyMap<unknown, Kind> = new Map(entries.flatMap(([kind, all]) => all.map((code) => [code, kind])))

/** A number or a key that is taken is an answer to a question of ours, not a failure. */
const duplicate = 1062

/** What kind of failure a code (`Connections.codeOf`) tells of; `undefined` where it is none. */
export const kindOf = (code: number | string | undefined): Kind | undefined => {
  if (code === duplicate) return undefined
  return byCode.get(code) ?? (typeof code === "number" ? "refused" : "lost")
}

/** The codes of some kinds. */
export const codesOf = (...some: ReadonlyArray<Named>): ReadonlySet<unknown> =>
  new Set(some.flatMap((kind): ReadonlyArray<unknown> => codes[kind]))
