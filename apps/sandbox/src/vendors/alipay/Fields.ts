import { Refusal } from "./Refusal.ts"
import * as Yuan from "./Yuan.ts"

/** The members of a `biz_content`, read strictly: what is not known, or is no text where one is due, is refused. */
export class Fields {
  readonly #biz: { readonly [name: string]: unknown }

  constructor(biz: { readonly [name: string]: unknown }, known: ReadonlyArray<string>) {
    this.#biz = biz
    const unknown = Object.keys(biz).find((name) => !known.includes(name))
    if (unknown !== undefined) throw this.refusal(`${unknown} 不是此接口的参数`)
  }

  /** A refusal of the request as it is. */
  refusal(detail: string): Refusal {
    const about = this.#biz["out_trade_no"]
    return new Refusal("ACQ.INVALID_PARAMETER", { detail, about: typeof about === "string" ? about : undefined })
  }

  /** A text of at most so many letters; `undefined` where it is left out or empty. */
  text(name: string, maxLetters: number, form: RegExp = /^/): string | undefined {
    const value = this.#biz[name]
    if (value === undefined || value === "") return undefined
    if (typeof value !== "string") throw this.refusal(`${name} 应为字符串`)
    if ([...value].length > maxLetters) throw this.refusal(`${name} 超过 ${maxLetters} 个字符`)
    if (!form.test(value)) throw this.refusal(`${name} 格式错误`)
    return value
  }

  /** A text that must be there. */
  required(name: string, maxLetters: number, form?: RegExp): string {
    const value = this.text(name, maxLetters, form)
    if (value === undefined) throw this.refusal(`${name} 不能为空`)
    return value
  }

  /** An amount of yuan that must be there, in fen. */
  amountMinor(name: string): number {
    const minor = Yuan.minorOf(this.required(name, 16))
    if (minor === undefined) throw this.refusal(`${name} 格式错误`)
    return minor
  }

  /** A list of texts; empty where it is left out. */
  list(name: string): ReadonlyArray<string> {
    const value = this.#biz[name] ?? []
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
      throw this.refusal(`${name} 应为字符串列表`)
    return value
  }
}
