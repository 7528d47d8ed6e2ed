import { generateKeyPairSync } from "node:crypto"
import { expect, it } from "@effect/vitest"
import { Cause, Effect, Either, Logger, LogLevel, Stream } from "effect"
import { kind } from "../../src/alipay/index.ts"
import { platform } from "../platform.ts"
import { config, details, error, gateway, notice, paidFields, payment, refund, signedText, speaking } from "./world.ts"

const planted = {
  key: generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString(),
  openId: "OPENID-074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5",
  buyerId: "2088102534368455",
  description: "Planted shoes for Planted Payer",
  reason: "Planted reason",
  logon: "planted.payer@mail.example",
  content: "PLANTED-CONTENT"
}

/** Whatever could be told of a secret: whole, and the lines and halves of it. */
const traces = [
  ...planted.key.split("\n").filter((line) => line.length > 30 && !line.includes("KEY")),
  planted.openId,
  planted.openId.slice(0, 24),
  planted.buyerId,
  planted.description,
  planted.reason,
  planted.logon,
  planted.content
]

const shownOf = (value: unknown): string =>
  Cause.isCause(value)
    ? Cause.pretty(value)
    : JSON.stringify(value, (_, member) => (typeof member === "bigint" ? `${member}` : member))

it.effect("no key, payer, reason or content is in any failure, refusal or log line", () =>
  Effect.gen(function* () {
    const shown: Array<string> = []
    const logger = Logger.make(({ message, annotations, cause }) => {
      shown.push(shownOf(message), shownOf([...annotations]), Cause.pretty(cause))
    })
    const body = { buyer_logon_id: planted.logon, buyer_user_id: planted.buyerId, x: planted.content }
    const texts = [
      `<html>${planted.logon} ${planted.buyerId}</html>`,
      JSON.stringify({ alipay_trade_query_response: { code: "10000", ...body } }),
      ...["alipay.trade.query", "alipay.trade.precreate", "alipay.trade.create", "alipay.trade.refund"].flatMap(
        (method) => [
          signedText(method, { ...error("ACQ.SYSTEM_ERROR"), sub_msg: planted.logon, ...body }),
          signedText(method, { ...error(`ACQ.${planted.buyerId}`), ...body }),
          signedText(method, { ...error(`${planted.content} ${planted.logon}`), ...body }),
          signedText(method, { code: "10000", trade_status: planted.content, ...body })
        ]
      )
    ]
    const payer = { openId: planted.openId, buyerId: planted.buyerId }
    let calls = 0
    const { url } = yield* platform((response, request) => {
      gateway(texts[calls++ % texts.length] ?? "")(response, request)
    })
    yield* speaking(
      url,
      (vendors) =>
        Effect.gen(function* () {
          for (const source of ["QR", "JSAPI"] as const) {
            const order = payment({ source })
            const prepared = yield* vendors.prepare(order, { ...details, description: planted.description, payer })
            for (let at = 0; at < texts.length; at++) {
              const failures = yield* Effect.all(
                [
                  vendors.create(order, prepared, Number.MAX_SAFE_INTEGER),
                  vendors.query(order),
                  vendors.close(order),
                  vendors.refund(order, refund({ reason: planted.reason }), Number.MAX_SAFE_INTEGER),
                  vendors.queryRefund(order, refund()),
                  Stream.runDrain(vendors.bill("alipay", { day: "2026-11-22", of: "trades" }))
                ].map((call) => Effect.either(Effect.asVoid<unknown, unknown, never>(call)))
              )
              shown.push(...failures.filter(Either.isLeft).map(({ left }) => `${shownOf(left)} ${left}`))
            }
          }
          const unfit = yield* Effect.flip(
            vendors.prepare(payment({ source: "JSAPI", method: "CARD" }), {
              ...details,
              payer: { buyerId: planted.openId }
            })
          )
          shown.push(shownOf(unfit))
          const notices = [
            notice(
              { ...paidFields, buyer_id: planted.buyerId },
              { alter: (form) => form.set("buyer_logon_id", planted.logon) }
            ),
            notice({ ...paidFields, app_id: planted.content }),
            notice({ ...paidFields, out_trade_no: planted.logon, charset: planted.content }),
            notice({ ...paidFields, buyer_id: planted.buyerId }, { type: planted.content })
          ]
          for (const incoming of notices)
            shown.push(shownOf(yield* Effect.flip(vendors.notification("alipay", incoming))))
        }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)), Logger.withMinimumLogLevel(LogLevel.All)),
      { privateKey: planted.key }
    )
    shown.push(shownOf(kind.faultsOf(config({ privateKey: planted.key, publicKey: planted.key }), null)))
    shown.push(shownOf(config({ privateKey: planted.key })))
    expect(shown.length).toBeGreaterThan(100)
    for (const trace of traces) expect(shown.filter((line) => line.includes(trace))).toEqual([])
  }).pipe(Effect.scoped)
)
