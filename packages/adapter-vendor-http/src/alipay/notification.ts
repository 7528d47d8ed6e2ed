import { timingSafeEqual } from "node:crypto"
import type { Incoming, RefusalReason, Reply, Verified } from "@payment-proxy/ports"
import { NotVerified } from "@payment-proxy/ports"
import { Either } from "effect"
import type { AlipayConfig } from "./config.ts"
import * as AlipayEvidence from "./evidence.ts"
import * as Form from "./form.ts"
import type { Keys } from "./keys.ts"
import * as Signing from "./signing.ts"

const said = (body: string): Reply => ({ status: 200, contentType: "text/plain;charset=utf-8", body })

/** Alipay takes exactly these 7 letters as received, and asks again after anything else (vendors' reference §2f). */
const received = said("success")
const refused = said("fail")

const refuse = (reason: RefusalReason, detail: string): Either.Either<never, NotVerified> =>
  Either.left(new NotVerified({ reason, detail, reply: refused }))

const maxBytes = 65_536

/** A form by its type, in UTF-8 where that says a charset; Alipay writes `text/html` among the parameters. */
const isForm = (type = ""): boolean => {
  const [name = "", ...parameters] = type.toLowerCase().split(";", 8)
  const charset = parameters.map((parameter) => /^\s*charset\s*=\s*"?([\w-]*)"?\s*$/.exec(parameter)?.[1])
  return name.trim() === "application/x-www-form-urlencoded" && charset.every((one) => one === undefined || isUtf8(one))
}

const isUtf8 = (charset: string): boolean => /^utf-?8$/i.test(charset)

const isSame = (given: string, expected: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Whether Alipay signed it, with or without its empty values; a left says why not. */
const verified = (
  parameters: Signing.Parameters,
  field: AlipayEvidence.Field,
  keys: Keys,
  nowMillis: number
): Either.Either<void, NotVerified> => {
  const sign = field("sign")
  if (sign === undefined) return refuse("SIGNATURE", "It is not signed.")
  if (field("sign_type") !== "RSA2") return refuse("SIGNATURE", "It is not signed by RSA2.")
  const sn = field("alipay_cert_sn")
  if (keys.numbers !== null && sn !== undefined && sn !== keys.numbers.alipaySn)
    return refuse("KEY", "It is signed by another certificate of Alipay than the configured one.")
  if (!Signing.holds(keys, nowMillis)) return refuse("CERTIFICATE", "Alipay's certificate does not hold now.")
  const content = parameters.filter(([name]) => name !== "sign" && name !== "sign_type")
  return Signing.verify(Signing.contentOf(content), sign, keys) ||
    Signing.verify(Signing.contentWithEmptyOf(content), sign, keys)
    ? Either.void
    : refuse("SIGNATURE", "The signature is not Alipay's.")
}

const isOurs = (field: AlipayEvidence.Field, { appId, sellerId }: AlipayConfig): boolean =>
  isSame(field("app_id") ?? "", appId) && isSame(field("seller_id") ?? "", sellerId)

/** A notification that Alipay signed for this app and merchant, and what it says; anything else is refused (vendors' reference §2c, §2f). */
export const read = (
  { headers, body }: Incoming,
  config: AlipayConfig,
  keys: Keys,
  nowMillis: number
): Either.Either<Verified, NotVerified> => {
  if (body.length > maxBytes) return refuse("CONTENT", `The body is larger than ${maxBytes} bytes.`)
  if (!isForm(headers["content-type"])) return refuse("CONTENT", "The body is not a form in UTF-8.")
  const form = Form.parse(body)
  if (Either.isLeft(form)) return refuse("CONTENT", form.left)
  const members = new Map(form.right)
  const field = (name: string) => members.get(name) || undefined
  if (!isUtf8(field("charset") ?? "utf-8")) return refuse("CONTENT", "It is in another charset than UTF-8.")
  const proof = verified(form.right, field, keys, nowMillis)
  if (Either.isLeft(proof)) return Either.left(proof.left)
  if (!isOurs(field, config)) return refuse("FOREIGN", "It is about another merchant or app.")
  const no = field("out_trade_no")
  if (no === undefined || !/^[!-~]{1,64}$/.test(no)) return refuse("CONTENT", "It names no order.")
  const about = { subject: { by: "merchantOrderNo", no }, reply: received, refusal: refused } as const
  if (field("notify_type") !== "trade_status_sync") return Either.right({ ...about, evidence: null })
  const evidence = AlipayEvidence.ofTrade(field, no, { source: "notification", asked: null }, false)
  return Either.right({ ...about, evidence: Either.getOrElse(evidence, () => null) })
}
