import { JsonPointer, StrictJson } from "@payment-proxy/domain"
import type { ProxiedCall, Unfit } from "@payment-proxy/ports"
import { Either } from "effect"
import type { MappedConfig } from "./config.ts"
import { placeOf } from "./fields.ts"

/** One fault of a body: where, which, and how to mend it. */
export type Fault = Unfit["faults"][number]

type Entry = readonly [place: ReadonlyArray<string>, value: unknown]

const grouped = (entries: ReadonlyArray<Entry>): ReadonlyMap<string, ReadonlyArray<Entry>> => {
  const groups = new Map<string, Array<Entry>>()
  for (const [[first = "", ...rest], value] of entries) {
    const group = groups.get(first) ?? []
    groups.set(first, group)
    group.push([rest, value])
  }
  return groups
}

/** Objects and lists around values, by their places; what has no value is left out, and what is then empty. */
const nested = (entries: ReadonlyArray<Entry>, isList: boolean): unknown => {
  const members = [...grouped(entries)].flatMap(([name, inner]): ReadonlyArray<readonly [string, unknown]> => {
    const [first] = inner
    const value = first === undefined || first[0].length === 0 ? first?.[1] : nested(inner, isListOf(inner))
    return value === undefined ? [] : [[name, value]]
  })
  if (members.length === 0) return undefined
  return isList ? listed(new Map(members)) : Object.fromEntries(members)
}

/** Items by their index; one that has no value before one that has is null, so that each stays where its pointer says. */
const listed = (items: ReadonlyMap<string, unknown>): ReadonlyArray<unknown> =>
  Array.from({ length: Math.max(...[...items.keys()].map(Number)) + 1 }, (_, index) => items.get(String(index)) ?? null)

const isListOf = (entries: ReadonlyArray<Entry>): boolean =>
  entries.every(([[first]]) => first !== undefined && JsonPointer.isIndex(first))

/** The media types of the two forms of a body. */
export const mediaTypes = { json: "application/json", form: "application/x-www-form-urlencoded" } as const

/** A create's body as text, from the values by their keys in the configuration. */
export const write = (
  type: MappedConfig["create"]["type"],
  values: ReadonlyArray<readonly [string, unknown]>
): string => {
  if (type === "json")
    return JSON.stringify(
      nested(
        values.map(([key, value]) => [placeOf(key), value]),
        false
      ) ?? {}
    )
  const fields = values.flatMap(
    ([key, value]): Array<[string, string]> => (value === undefined ? [] : [[key, String(value)]])
  )
  return new URLSearchParams(fields).toString()
}

const whole = (code: string, detail: string): Either.Either<never, ReadonlyArray<Fault>> =>
  Either.left([{ pointer: "", code, detail }])

/** The values of a header, whose name is given in lower case; headers are names and values by turns. */
export const valuesOf = (headers: ReadonlyArray<string>, name: string): ReadonlyArray<string> =>
  headers.flatMap((value, at) => (at % 2 === 1 && headers[at - 1]?.toLowerCase() === name ? [value] : []))

const isFitting = (contentType: string, type: MappedConfig["create"]["type"]): boolean => {
  const [media = "", ...parameters] = contentType
    .toLowerCase()
    .split(";")
    .map((part) => part.trim())
  const isMedia = type === "json" ? /^application\/(?:[\w.-]+\+)?json$/.test(media) : media === mediaTypes.form
  return isMedia && parameters.every((text) => !text.startsWith("charset=") || /^charset="?utf-?8"?$/.test(text))
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const jsonOf = (text: string): Either.Either<unknown, ReadonlyArray<Fault>> => {
  const json = StrictJson.parse(text)
  if (Either.isRight(json))
    return typeof json.right === "object" && json.right !== null && !Array.isArray(json.right)
      ? Either.right(json.right)
      : whole("FIELD_INVALID", "The body is an object: a payment, in braces.")
  switch (json.left.reason) {
    case "notJson":
      return whole("BODY_NOT_JSON", "The body is not JSON: look for a missing quote, comma or bracket.")
    case "tooDeep":
      return whole("BODY_TOO_DEEP", `A body has at most ${StrictJson.maxDepth} levels of braces and brackets.`)
    case "repeated":
      return Either.left(json.left.faults)
  }
}

const formText = (text: string): Either.Either<string, unknown> =>
  Either.try(() => decodeURIComponent(text.replaceAll("+", " ")))

const formOf = (text: string): Either.Either<unknown, ReadonlyArray<Fault>> => {
  const fields = new Map<string, string>()
  const repeated: Array<Fault> = []
  for (const pair of text.split("&")) {
    if (pair === "") continue
    const [written = "", ...rest] = pair.split("=")
    const field = Either.all([formText(written), formText(rest.join("="))])
    if (Either.isLeft(field)) return whole("FIELD_INVALID", "A percent-encoding of the form is none: encode UTF-8.")
    const [name, value] = field.right
    if (fields.has(name))
      repeated.push({
        pointer: JsonPointer.of([name]),
        code: "FIELD_REPEATED",
        detail: "This is there twice: say it once."
      })
    fields.set(name, value)
  }
  return repeated.length > 0 ? Either.left(repeated) : Either.right(Object.fromEntries(fields))
}

/** A caller's body, read strictly (UTF-8, no coding, JSON as at our own door, each member and field once); or its faults. */
export const read = (
  { headers, body }: Pick<ProxiedCall, "headers" | "body">,
  type: MappedConfig["create"]["type"]
): Either.Either<unknown, ReadonlyArray<Fault>> => {
  const [contentType = "", ...others] = valuesOf(headers, "content-type")
  if (others.length > 0 || !isFitting(contentType, type))
    return whole("CONTENT_TYPE_UNSUPPORTED", `Send it as UTF-8 with one Content-Type: ${mediaTypes[type]}.`)
  if (valuesOf(headers, "content-encoding").some((coding) => coding.trim().toLowerCase() !== "identity"))
    return whole("CONTENT_TYPE_UNSUPPORTED", "Send the body as it is, without a Content-Encoding.")
  const text = Either.try(() => utf8.decode(body))
  if (Either.isLeft(text)) return whole(type === "json" ? "BODY_NOT_JSON" : "FIELD_INVALID", "The body is not UTF-8.")
  return type === "json" ? jsonOf(text.right) : formOf(text.right)
}
