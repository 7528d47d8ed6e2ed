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

/** Where the configuration expects a value. */
interface Expected {
  readonly place: ReadonlyArray<string>
  readonly pointer: string
  readonly member: Member
}

const known = new WeakMap<MappedConfig["create"]["body"], Map<SourceName, ReadonlyArray<Expected>>>()

/** Where the configuration expects a value of the order; found once. */
const expectedOf = (body: MappedConfig["create"]["body"], name: SourceName): ReadonlyArray<Expected> => {
  const all = known.get(body) ?? new Map<SourceName, ReadonlyArray<Expected>>()
  known.set(body, all)
  const expected =
    all.get(name) ??
    membersOf(body, name).map(({ key, member }) => {
      const place = placeOf(key)
      return { place, pointer: JsonPointer.of(place), member }
    })
  all.set(name, expected)
  return expected
}

/** Names beside a mapped one that differ from it in case alone: some vendors' readers take the one for the other. */
const lookalikes = (body: unknown, place: ReadonlyArray<string>): ReadonlyArray<Fault> =>
  place.flatMap((part, depth) => {
    const around = JsonPointer.at(body, place.slice(0, depth))
    if (typeof around !== "object" || around === null) return []
    const lower = part.toLowerCase()
    return Object.keys(around)
      .filter((name) => name !== part && name.toLowerCase() === lower)
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

/** Where a body says something, and what is wrong around these places. */
export interface Found {
  readonly places: ReadonlyArray<Reading>
  readonly faults: ReadonlyArray<Fault>
}

/** What a caller's body says of values of the order, wherever the mapping has them. */
export const readings = (body: unknown, from: ReadonlyArray<SourceName>, config: MappedConfig): Found => {
  const found = from.flatMap((name) => expectedOf(config.create.body, name))
  return {
    places: found.map(({ place, pointer, member }) => ({
      pointer,
      member,
      value: JsonPointer.at(body, place) ?? undefined
    })),
    faults: found.flatMap(({ place }) => [...lookalikes(body, place), ...surplus(body, place, config)])
  }
}

/** The one value that all say. */
const agreed =
  (places: ReadonlyArray<Reading>) =>
  <A>(values: ReadonlyArray<A>): Read<A | undefined> => {
    const [first] = values
    const other = values.findIndex((value) => value !== first)
    if (other < 0) return Either.right(first)
    const detail = `This is not what ${places[0]?.pointer} says: say one thing.`
    return faulty(places[other]?.pointer ?? "", "FIELD_INVALID", detail)
  }

/** The faults of what was read, none where there are none. */
export const faultsOf = (read: Read<unknown>): ReadonlyArray<Fault> =>
  Either.match(read, { onLeft: (faults) => faults, onRight: () => [] })

/** What the body says of a value: `one` reads it, `without` answers where it is not said; `undefined` if nothing is. */
export const said = <A>(
  { places, faults }: Found,
  one: (reading: Reading) => Read<A>,
  without: (reading: Reading) => Read<A | undefined>
): Read<A | undefined> => {
  const reads = places.map((reading) => (reading.value === undefined ? without(reading) : one(reading)))
  const all = [...faults, ...reads.flatMap(faultsOf)]
  return all.length > 0 ? Either.left(all) : Either.flatMap(Either.all(reads), agreed(places))
}
