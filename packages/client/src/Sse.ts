import { Stream } from "effect"

/** One message of an event stream (WHATWG HTML §9.2.6). */
export interface Message {
  readonly id: string | null
  readonly event: string | null
  readonly data: string
}

/** What a stream says: a message, how long to wait before coming again, or merely that it lives. */
export type Said =
  | { readonly _tag: "Message"; readonly message: Message }
  | { readonly _tag: "Retry"; readonly afterMillis: number }
  | { readonly _tag: "Alive" }

interface State {
  readonly id: string | null
  readonly event: string | null
  readonly data: ReadonlyArray<string>
}

const empty: State = { id: null, event: null, data: [] }

const fieldOf = (line: string): readonly [name: string, value: string] => {
  const colon = line.indexOf(":")
  return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")]
}

/** A message without data is none (WHATWG HTML §9.2.6). */
const dispatched = ({ id, event, data }: State): ReadonlyArray<Said> =>
  data.length === 0 ? [] : [{ _tag: "Message", message: { id, event, data: data.join("\n") } }]

const taken = (state: State, line: string): readonly [State, ReadonlyArray<Said>] => {
  if (line === "") return [empty, dispatched(state)]
  const [name, value] = fieldOf(line)
  if (name === "") return [state, [{ _tag: "Alive" }]]
  if (name === "data") return [{ ...state, data: [...state.data, value] }, []]
  if (name === "event") return [{ ...state, event: value }, []]
  if (name === "id" && !value.includes("\0")) return [{ ...state, id: value }, []]
  if (name === "retry" && /^\d{1,9}$/.test(value)) return [state, [{ _tag: "Retry", afterMillis: Number(value) }]]
  return [state, []]
}

/** What an event stream's bytes say, as they come; a message that is cut off by the end is dropped, as the standard asks. */
export const read = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Said, E, R> =>
  bytes.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.mapAccum(empty, taken),
    Stream.mapConcat((said) => said)
  )
