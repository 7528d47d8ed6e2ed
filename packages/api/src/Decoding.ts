export { pointerOf } from "./Fault.ts"
export { decode as placeOrder } from "./PlaceOrderDecoding.ts"

/**
 * JSON with sorted names and no blanks: the same text for the same order, however it was written. For what `placeOrder`
 * took: it goes as deep as the JSON does.
 */
export const canonical = (json: unknown): string => {
  if (Array.isArray(json)) return `[${json.map(canonical).join(",")}]`
  if (typeof json !== "object" || json === null) return JSON.stringify(json)
  const value = json as { readonly [name: string]: unknown }
  let members = ""
  for (const name of Object.keys(value).sort()) members += `,${JSON.stringify(name)}:${canonical(value[name])}`
  return `{${members.slice(1)}}`
}
