import { Schema } from "effect"

const notText = { message: () => "This is not text: put it in quotes." }

/** The fault of a text that cannot be stored, shown and signed as it came; lengths in Unicode characters. */
const faultOf = (value: string, min: number, max: number): string | undefined => {
  if (value.length < min) return "This is empty: give it a value or leave it out."
  if (value.length > 2 * max || (value.length > max && [...value].length > max))
    return `This is longer than ${max} characters: shorten it.`
  return value.isWellFormed() && !/\p{Cc}/u.test(value)
    ? undefined
    : "This has control characters or halves of characters: take them out."
}

/** Whether it is text that `between(min, max)` takes. */
export const isBetween = (value: unknown, min: number, max: number): value is string =>
  typeof value === "string" && faultOf(value, min, max) === undefined

/** Text of `min` to `max` Unicode characters without control characters and without halves of characters. */
export const between = (min: number, max: number) =>
  Schema.String.annotations(notText).pipe(
    Schema.filter((value) => faultOf(value, min, max), { jsonSchema: { minLength: min, maxLength: max } })
  )

/** Text of a form; `detail` says which. */
export const matching = (form: RegExp, detail: string) =>
  Schema.String.annotations({ message: () => detail }).pipe(
    Schema.filter((value) => (form.test(value) ? undefined : detail), { jsonSchema: { pattern: form.source } })
  )

/** The forms of the two below. */
export const forms = { vendorName: /^[a-z0-9-]{1,64}$/, businessNo: /^[!-~]{1,64}$/ } as const

/** A vendor's name, as the configuration gives it. */
export const VendorName = matching(forms.vendorName, "A vendor's name is 1 to 64 of a-z, 0-9 and -.")

/** The caller's own number; it binds the orders that belong to one deal. */
export const BusinessNo = matching(forms.businessNo, "A business number is text of 1 to 64 visible ASCII characters.")

const notWeb = "This is not an http or https address like https://shop.example/done."

const maxAddress = 2048
const isWeb = (value: string): boolean => /^https?:\/\/\S+$/i.test(value) && URL.canParse(value)

/** Whether it is what `WebAddress` takes. */
export const isWebAddress = (value: unknown): value is string => isBetween(value, 1, maxAddress) && isWeb(value)

/** An http or https address of at most 2048 characters. */
export const WebAddress = between(1, maxAddress).pipe(
  Schema.filter((value) => (isWeb(value) ? undefined : notWeb), {
    jsonSchema: { format: "uri", pattern: "^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" }
  })
)
