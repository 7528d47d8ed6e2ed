/** The JSON Pointer (RFC 6901) to a place. */
export const of = (parts: ReadonlyArray<PropertyKey>): string =>
  parts.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")

/** The parts of a JSON Pointer (RFC 6901), outermost first; none for the whole. */
export const parts = (pointer: string): ReadonlyArray<string> =>
  pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))

/** Whether a part names an item of an array. */
export const isIndex = (part: string): boolean => /^(?:0|[1-9]\d{0,8})$/.test(part)

const step = (value: unknown, part: string): unknown => {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined
  return Array.isArray(value) && !isIndex(part) ? undefined : (value as { readonly [name: string]: unknown })[part]
}

/** What stands in a JSON value at a place, given by its parts; `undefined` where there is nothing. */
export const at = (json: unknown, place: ReadonlyArray<string>): unknown => {
  let value = json
  for (const part of place) value = step(value, part)
  return value
}
