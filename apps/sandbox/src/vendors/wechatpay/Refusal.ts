/** What is wrong with which field, as the vendor tells it. */
export interface Detail {
  readonly field: string
  readonly issue: string
  readonly location: "body" | "query" | "uri" | "authorization" | "header"
  readonly value?: unknown
  readonly [more: string]: unknown
}

/** The finer number of an error, at the end of `Request-ID`. */
export const numeric = {
  none: 0,
  badParameter: 268435461,
  signature: 268443699,
  closed: 268447914,
  rateLimit: 268447840,
  otherParameters: 268498688,
  paid: 268449538,
  unknownOrder: 268512771,
  other: 268435456
} as const

/** A call that the vendor refuses, in its own words: `{"code","message","detail"?}`. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly detail: Detail | undefined
  /** Left out of the answer where it is `undefined`, as of some refused signatures. */
  readonly numeric: number | undefined

  constructor(status: number, code: string, message: string, more: { detail?: Detail; numeric?: number | null } = {}) {
    super(message)
    this.status = status
    this.code = code
    this.detail = more.detail
    this.numeric = more.numeric === null ? undefined : (more.numeric ?? numeric.other)
  }
}

/** 400 PARAM_ERROR: a field is not as it must be. */
export const badParameter = (location: Detail["location"], field: string, issue: string, value?: unknown): Refusal =>
  new Refusal(400, "PARAM_ERROR", `参数错误：${field} ${issue}`, {
    detail: { field, issue, location, ...(value === undefined ? {} : { value }) },
    numeric: numeric.badParameter
  })

/** 400 INVALID_REQUEST: the fields are right, and what is asked for cannot be done. */
export const invalidRequest = (message: string, number: number = numeric.other): Refusal =>
  new Refusal(400, "INVALID_REQUEST", message, { numeric: number })

/** 401 SIGN_ERROR. */
export const badSignature = (message: string, more: { detail?: Detail; numeric?: null } = {}): Refusal =>
  new Refusal(401, "SIGN_ERROR", message, { numeric: numeric.signature, ...more })

/** 404 ORDER_NOT_EXIST. */
export const unknownOrder = (): Refusal =>
  new Refusal(404, "ORDER_NOT_EXIST", "查询的订单不存在", { numeric: numeric.unknownOrder })

/** 404 RESOURCE_NOT_EXISTS. */
export const unknownResource = (message: string): Refusal => new Refusal(404, "RESOURCE_NOT_EXISTS", message)

/** 400 ORDER_PAID. */
export const paid = (): Refusal => new Refusal(400, "ORDER_PAID", "该笔订单已经付款", { numeric: numeric.paid })

/** 400 ORDER_CLOSED. */
export const closed = (): Refusal => new Refusal(400, "ORDER_CLOSED", "该笔订单已经关闭", { numeric: numeric.closed })

/** 400 MCH_NOT_EXISTS: the merchant number is not that of the caller. */
export const otherMerchant = (status = 400): Refusal =>
  new Refusal(status, "MCH_NOT_EXISTS", "商户号不存在，或与签名的商户号不一致")
