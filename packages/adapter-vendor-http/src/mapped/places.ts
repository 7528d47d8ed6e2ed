import { Schema } from "effect"

/** Where something stands in JSON: a JSON Pointer (RFC 6901), empty for the whole. */
export const Pointer = Schema.String.pipe(
  Schema.pattern(/^(?:\/(?:[^~/]|~[01])+)*$/, {
    message: () => "This is not a JSON Pointer (RFC 6901), such as /data/status."
  })
)

/** A path with its query: plain segments and parameters, and placeholders for what it is about. */
export const pathOf = (...placeholders: readonly [string, string, ...ReadonlyArray<string>]) => {
  const part = `(?:[A-Za-z0-9._~/=&-]|${placeholders.map((name) => `\\{${name}\\}`).join("|")})*`
  const names = placeholders.map((name) => `{${name}}`)
  return Schema.String.pipe(
    Schema.pattern(new RegExp(`^/${part}(?:\\?${part})?$`), {
      message: () => `A path begins with / and may hold ${names.slice(0, -1).join(", ")} or ${names.at(-1)}.`
    }),
    Schema.filter((path) => !/\/\/|\/\.{1,2}(?:\/|$)/.test(path.replace(/\?.*$/, "")), {
      message: () => "A path has no empty and no dot segments: write it as the vendor does."
    })
  )
}

/** A path with placeholders filled in; of several the first whose placeholders all have a value, null where none is so. */
export const filledIn = (
  paths: ReadonlyArray<string>,
  values: { readonly [placeholder: string]: string | null }
): string | null => {
  const namesIn = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name)
  const path = paths.find((one) => namesIn(one).every((name) => typeof values[name] === "string"))
  return path === undefined
    ? null
    : path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""))
}

/** What a word of the vendor's means: words compare in capitals. */
export const meaningOf = <M extends string>(meanings: { readonly [word: string]: M }, word: string): M | undefined =>
  Object.getOwnPropertyDescriptor(meanings, word.toUpperCase())?.value

/** A word of the vendor's as an operator may read it; what is no word is not shown. */
export const shownWord = (word: string): string => (/^[\w .-]{1,64}$/.test(word) ? word : "a word of another kind")
