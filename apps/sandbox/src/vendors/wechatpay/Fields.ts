import { badParameter } from "./Refusal.ts"

/** A JSON object as it came. */
export type Json = { readonly [name: string]: unknown }

interface Range {
  readonly min?: number
  readonly max: number
  readonly pattern?: RegExp
}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The JSON object that a body is; refused where it is none, or not UTF-8. */
export const bodyOf = (body: Buffer): Json => {
  try {
    const json: unknown = JSON.parse(decoder.decode(body))
    if (isObject(json)) return json
  } catch {
    // It is refused below, as a body is that is JSON and no object.
  }
  throw badParameter("body", "/", "不是 UTF-8 编码的 JSON 对象")
}

/** The characters of a text as the vendor counts them. */
const lengthOf = (text: string): number => [...text].length

const checkedText = (value: unknown, field: string, { min = 1, max, pattern }: Range): string => {
  if (typeof value !== "string") throw badParameter("body", field, "必须是字符串", value)
  if (!value.isWellFormed()) throw badParameter("body", field, "不是合法的文本")
  const length = lengthOf(value)
  if (length < min || length > max) throw badParameter("body", field, `长度必须在 ${min} 与 ${max} 之间`, value)
  if (pattern !== undefined && !pattern.test(value)) throw badParameter("body", field, "含有不允许的字符", value)
  return value
}

/** An object in a body; `path` is that of the outer one, with its slash at the end. */
export const object = (json: Json, name: string, path = "/"): Json => {
  const value = json[name]
  if (isObject(value)) return value
  throw badParameter("body", `${path}${name}`, value === undefined ? "缺少必填参数" : "必须是对象")
}

/** An object that may be left out. */
export const optionalObject = (json: Json, name: string, path = "/"): Json | undefined =>
  json[name] === undefined ? undefined : object(json, name, path)

/** A text that must be there. */
export const text = (json: Json, name: string, range: Range, path = "/"): string => {
  if (json[name] === undefined) throw badParameter("body", `${path}${name}`, "缺少必填参数")
  return checkedText(json[name], `${path}${name}`, range)
}

/** A text that may be left out, but is not null or empty. */
export const optionalText = (json: Json, name: string, range: Range, path = "/"): string | null =>
  json[name] === undefined ? null : text(json, name, range, path)

/** An amount in fen. */
export const fen = (json: Json, name: string, path = "/"): number => {
  const value = json[name]
  if (value === undefined) throw badParameter("body", `${path}${name}`, "缺少必填参数")
  if (typeof value !== "number" || !Number.isInteger(value))
    throw badParameter("body", `${path}${name}`, "必须是整数", value)
  if (value < 1 || value > 10_000_000_000) throw badParameter("body", `${path}${name}`, "超出取值范围", value)
  return value
}

/** A moment in RFC 3339 with an offset, in milliseconds since the epoch; null where it is left out. */
export const optionalTime = (json: Json, name: string): number | null => {
  const value = optionalText(json, name, { max: 64 })
  if (value === null) return null
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)
  const millis = isTime ? Date.parse(value) : Number.NaN
  if (Number.isNaN(millis)) throw badParameter("body", `/${name}`, "不符合 RFC 3339 格式", value)
  return millis
}

/** Whether a host is one of this machine or of a network that is not the world's. */
const isNear = (host: string): boolean => !host.includes(".") || /^\d+(\.\d+){3}$/.test(host) || host.startsWith("[")

/** An address for notifications, without a query; plain http goes to a machine near by, which the vendor itself would not allow. */
export const notifyUrl = (value: string): string => {
  const url = URL.parse(value)
  const isAllowed =
    url !== null &&
    (url.protocol === "https:" || (url.protocol === "http:" && isNear(url.hostname))) &&
    url.search === "" &&
    !value.includes("?") &&
    url.hash === "" &&
    url.username === ""
  if (!isAllowed) throw badParameter("body", "/notify_url", "必须是不带参数的 https 地址", value)
  return value
}

/** A value with the members of its objects in order, to compare what two calls said. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner
  )
