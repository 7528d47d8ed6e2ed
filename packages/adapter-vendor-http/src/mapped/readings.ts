import { JsonPointer } from "@payment-proxy/domain"
import { Either } from "effect"
import type { Fault } from "./body.ts"
import type { MappedConfig } from "./config.ts"
import { type Member, membersOf, placeOf, type SourceName } from "./fields.ts"

/** What was read, or every fault of it. */
export type Read<A> = Either.Either<A, ReadonlyArray<Fault>>

/** One fault. */
export const faulty = (pointer: string, code: string, detail: string): Either.Either<never, ReadonlyArray<Fault>> =>
  Either.left([{ pointer, code, detail }])

/** A place where a mapping expects a value; `undefined` where the caller says nothing there. */
export interface Reading {
  readonly pointer: string
  readonly member: Member
  readonly value: unknown
}

/** The fault of a value that is not there. */
export const missing = ({ pointer }: Reading): Read<never> =>
  faulty(pointer, "FIELD_MISSING", "This is missing: give it a value.")

/** Names beside a mapped one that differ from it in case alone: some vendors' readers take the one for the other. */
const lookalikes = (body: unknown, place: ReadonlyArray<string>): ReadonlyArray<Fault> =>
  place.flatMap((part, depth) => {
    const around = JsonPointer.at(body, place.slice(0, depth))
    if (typeof around !== "object" || around === null) return []
    return Object.keys(around)
      .filter((name) => name !== part && name.toLowerCase() === part.toLowerCase())
      .map((name) => ({
        pointer: JsonPointer.of([...place.slice(0, depth), name]),
        code: "FIELD_REPEATED",
        detail: `This could be taken for ${part}: take it out.`
      }))
  })

/** Lists that are longer than the mapping reads: what one item says would not be said of all. */
const surplus = (body: unknown, place: ReadonlyArray<string>, { create }: MappedConfig): ReadonlyArray<Fault> =>
  place.flatMap((_, depth) => {
    const before = place.slice(0, depth)
    const list = JsonPointer.at(body, before)
    if (!Array.isArray(list)) return []
    const places = Object.keys(create.body).map(placeOf)
    const items = places.filter((other) => before.every((part, at) => other[at] === part))
    const count = new Set(items.map((other) => other[depth])).size
    const detail = `The mapping reads ${count} of these: send no more.`
    return list.length > count ? [{ pointer: JsonPointer.of(before), code: "FIELD_INVALID", detail }] : []
  })

/** What a caller's body says of values of the order, wherever the mapping has them. */
export const readings = (
  body: unknown,
  from: ReadonlyArray<SourceName>,
  config: MappedConfig
): Read<ReadonlyArray<Reading>> => {
  const found = from
    .flatMap((name) => membersOf(config.create.body, name))
    .map(({ key, member }) => ({ place: placeOf(key), member }))
  const faults = found.flatMap(({ place }) => [...lookalikes(body, place), ...surplus(body, place, config)])
  if (faults.length > 0) return Either.left(faults)
  return Either.right(
    found.map(({ place, member }) => ({
      pointer: JsonPointer.of(place),
      member,
      value: JsonPointer.at(body, place) ?? undefined
    }))
  )
}

/** All of them, or every fault of all. */
export const all = <A>(reads: ReadonlyArray<Read<A>>): Read<ReadonlyArray<A>> => {
  const faults = reads.flatMap((read) => Either.match(read, { onLeft: (left) => left, onRight: () => [] }))
  return faults.length > 0 ? Either.left(faults) : Either.all(reads)
}

/** The one value that all say. */
export const agreed =
  (said: ReadonlyArray<Reading>) =>
  <A>(values: ReadonlyArray<A>): Read<A | undefined> => {
    const [first] = values
    const other = values.findIndex((value) => value !== first)
    return other < 0
      ? Either.right(first)
      : faulty(said[other]?.pointer ?? "", "FIELD_INVALID", `This is not what ${said[0]?.pointer} says: say one thing.`)
  }

/** What the body says of a value: `one` reads it, `without` answers where it is not said; `undefined` if nothing is. */
export const said = <A>(
  found: Read<ReadonlyArray<Reading>>,
  one: (reading: Reading) => Read<A>,
  without: (reading: Reading) => Read<A | undefined>
): Read<A | undefined> =>
  Either.flatMap(found, (places) =>
    Either.flatMap(
      all(places.map((reading) => (reading.value === undefined ? without(reading) : one(reading)))),
      agreed(places)
    )
  )
