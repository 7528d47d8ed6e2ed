import { createHash } from "node:crypto"
import { gzipSync } from "node:zlib"
import * as Beijing from "./Beijing.ts"
import * as Bill from "./Bill.ts"
import * as Chance from "./Chance.ts"
import type { Json } from "./Fields.ts"
import { badParameter, invalidRequest, Refusal } from "./Refusal.ts"
import type { Trade } from "./Trade.ts"

const lifeMillis = 5 * 60_000
const mostHeld = 100
const kinds = ["ALL", "SUCCESS", "REFUND"] as const
const accounts = ["BASIC", "OPERATION", "FEES"]

interface Held {
  readonly bytes: Buffer
  readonly isZipped: boolean
  readonly atMillis: number
}

const noStatement = (): Refusal => new Refusal(400, "NO_STATEMENT_EXIST", "账单文件不存在，当日没有交易")

/** Where the last three months begin. */
const threeMonthsBefore = (millis: number): number => {
  const date = new Date(millis)
  return date.setUTCMonth(date.getUTCMonth() - 3)
}

/** The bills that a merchant asks for, and the files that it may then fetch for five minutes. */
export class Statements {
  readonly #trade: Trade
  readonly #held = new Map<string, Held>()

  constructor(trade: Trade) {
    this.#trade = trade
  }

  /** `GET /v3/bill/tradebill`. */
  trades(url: URL, base: string): Json {
    const start = this.#day(url)
    const type = url.searchParams.get("bill_type") ?? "ALL"
    const kind = kinds.find((one) => one === type)
    if (kind === undefined) throw badParameter("query", "bill_type", `必须是 ${kinds.join("、")}`, type)
    return this.#offer(url, base, Bill.trades(this.#trade.book, this.#trade.keys.merchant.mchid, start, kind))
  }

  /** `GET /v3/bill/fundflowbill`: nothing moves on accounts other than the basic one. */
  flows(url: URL, base: string): Json {
    const start = this.#day(url)
    const account = url.searchParams.get("account_type") ?? "BASIC"
    if (!accounts.includes(account))
      throw badParameter("query", "account_type", `必须是 ${accounts.join("、")}`, account)
    return this.#offer(url, base, account === "BASIC" ? Bill.flows(this.#trade.book, start) : undefined)
  }

  #day(url: URL): number {
    const date = url.searchParams.get("bill_date") ?? ""
    const start = Beijing.dayStart(date)
    if (start === undefined) throw badParameter("query", "bill_date", "必须是 yyyy-MM-dd 格式的日期", date)
    const now = this.#trade.now()
    if (Beijing.dayEnd(start) > now) throw badParameter("query", "bill_date", "必须早于当日", date)
    if (start < threeMonthsBefore(now)) throw badParameter("query", "bill_date", "只能查询三个月以内的账单", date)
    if (now < Bill.madeMillis(start)) throw new Refusal(400, "STATEMENT_CREATING", "账单生成中，请稍后再试")
    return start
  }

  #offer(url: URL, base: string, bytes: Buffer | undefined): Json {
    const zip = url.searchParams.get("tar_type")
    if (zip !== null && zip !== "GZIP") throw badParameter("query", "tar_type", "只支持 GZIP", zip)
    if (bytes === undefined) throw noStatement()
    const token = Chance.word(64)
    for (const [key, { atMillis }] of this.#held)
      if (this.#held.size >= mostHeld || !this.#isFresh(atMillis)) this.#held.delete(key)
    this.#held.set(token, { bytes, isZipped: zip !== null, atMillis: this.#trade.now() })
    return {
      hash_type: "SHA1",
      hash_value: createHash("sha1").update(bytes).digest("hex"),
      download_url: `${base}/v3/billdownload/file?token=${token}`
    }
  }

  #isFresh(atMillis: number): boolean {
    return Math.abs(this.#trade.now() - atMillis) < lifeMillis
  }

  /** `GET /v3/billdownload/file`. */
  file(url: URL): { readonly bytes: Buffer; readonly isZipped: boolean } {
    const held = this.#held.get(url.searchParams.get("token") ?? "")
    if (held === undefined || !this.#isFresh(held.atMillis)) throw invalidRequest("下载账单的 token 无效或已过期")
    return { bytes: held.isZipped ? gzipSync(held.bytes) : held.bytes, isZipped: held.isZipped }
  }
}
