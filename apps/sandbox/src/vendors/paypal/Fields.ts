import { Refusal } from "./Problems.ts"

/** A JSON object of a request, of which nothing is known yet. */
export type Json = { readonly [name: string]: unknown }

const shown = (value: unknown): { readonly value?: string } =>
  typeof value === "string" ? { value } : typeof value === "number" ? { value: String(value) } : {}

/** Refuses a field of the body. */
export const wrong = (issue: string, field: string, value?: unknown): Refusal =>
  new Refusal(issue, { field, location: "body", ...shown(value) })

/** An object, or nothing where there is none. */
export const object = (json: Json, name: string, pointer: string): Json | undefined => {
  const value = json[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== "object" || Array.isArray(value)) throw wrong("INVALID_PARAMETER_SYNTAX", `${pointer}/${name}`)
  return value as Json
}

/** A list, or nothing where there is none. */
export const list = (json: Json, name: string, pointer: string): ReadonlyArray<unknown> | undefined => {
  const value = json[name]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw wrong("INVALID_PARAMETER_SYNTAX", `${pointer}/${name}`)
  return value
}

/** A text of 1 to `max` characters, or nothing where there is none. */
export const text = (json: Json, name: string, pointer: string, max: number): string | undefined => {
  const value = json[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== "string") throw wrong("INVALID_PARAMETER_SYNTAX", `${pointer}/${name}`, value)
  const { length } = [...value]
  if (length < 1 || length > max) throw wrong("INVALID_STRING_LENGTH", `${pointer}/${name}`, value)
  return value
}

/** One of some words, or nothing where there is none. */
export const word = (json: Json, name: string, pointer: string, words: ReadonlyArray<string>): string | undefined => {
  const value = text(json, name, pointer, 255)
  if (value !== undefined && !words.includes(value)) throw wrong("INVALID_PARAMETER_VALUE", `${pointer}/${name}`, value)
  return value
}

/** A web address of at most 2048 characters, or nothing where there is none. */
export const address = (json: Json, name: string, pointer: string): string | undefined => {
  const value = text(json, name, pointer, 2048)
  if (value === undefined) return undefined
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw wrong("INVALID_PARAMETER_SYNTAX", `${pointer}/${name}`, value)
  return value
}

/** True or false; false where there is none. */
export const flag = (json: Json, name: string, pointer: string): boolean => {
  const value = json[name]
  if (value === undefined || value === null) return false
  if (typeof value !== "boolean") throw wrong("INVALID_PARAMETER_SYNTAX", `${pointer}/${name}`, value)
  return value
}

/** A request's body: an object, which is empty where the body is; only JSON that says so is read. */
export const body = (bytes: Buffer, type: string | undefined): Json => {
  if (!/^application\/json\s*(;|$)/i.test(type ?? "")) throw new UnreadType("The body is not JSON.")
  if (bytes.length === 0) return {}
  const value = parsed(bytes)
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Refusal("MALFORMED_REQUEST_JSON", { field: "/", location: "body" })
  return value as Json
}

/** A body of a type that is not read. */
export class UnreadType extends Error {}

const parsed = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(new TextDecoder("utf8", { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}
