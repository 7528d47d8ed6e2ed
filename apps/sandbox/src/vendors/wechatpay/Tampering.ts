import type { Json } from "./Fields.ts"

/** What a fault can want to be wrong with what is said of an order or a refund. */
export type Tampering =
  | "wrong-amount"
  | "wrong-currency"
  | "foreign-merchant"
  | "other-app"
  | "other-number"
  | "unknown-status"

const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null

/** The field of a refund where there is one, else the order's. */
const firstOf = (json: Json, ...names: ReadonlyArray<string>): string | undefined =>
  names.find((name) => Object.hasOwn(json, name))

const withField = (json: Json, name: string | undefined, value: unknown): Json =>
  name === undefined ? json : { ...json, [name]: value }

const withAmount = (json: Json, alter: (amount: Json) => Json): Json =>
  isJson(json["amount"]) ? { ...json, amount: alter(json["amount"]) } : json

const plusOne = (amount: Json): Json => {
  const name = firstOf(amount, "refund", "total")
  return withField(amount, name, Number(amount[name ?? ""]) + 1)
}

const replaced = (text: unknown): string => {
  const digits = String(text)
  return `${digits.slice(0, -1)}${digits.endsWith("7") ? "8" : "7"}`
}

/** The same with what the fault wants to be wrong; as it was where it has no such field. */
export const tampered = (json: Json, tampering: Tampering): Json => {
  switch (tampering) {
    case "wrong-amount":
      return withAmount(json, plusOne)
    case "wrong-currency":
      return withAmount(json, (amount) => ({ ...amount, currency: "USD" }))
    case "foreign-merchant":
      return withField(json, firstOf(json, "mchid"), replaced(json["mchid"]))
    case "other-app":
      return withField(json, firstOf(json, "appid"), replaced(json["appid"]))
    case "other-number": {
      const name = firstOf(json, "out_refund_no", "out_trade_no")
      return withField(json, name, replaced(json[name ?? ""]))
    }
    case "unknown-status":
      return withField(json, firstOf(json, "trade_state", "refund_status", "status"), "REVIEWING")
  }
}

const all: ReadonlyArray<string> = [
  "wrong-amount",
  "wrong-currency",
  "foreign-merchant",
  "other-app",
  "other-number",
  "unknown-status"
]

/** Whether a fault is about what is said. */
export const isTampering = (fault: string | undefined): fault is Tampering => fault !== undefined && all.includes(fault)
