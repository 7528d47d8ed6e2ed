import { createPublicKey } from "node:crypto"
import { expect, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { describe } from "vitest"
import * as Envelope from "../../src/alipay/envelope.ts"
import * as Notification from "../../src/alipay/notification.ts"
import * as Requests from "../../src/alipay/requests.ts"
import * as Signing from "../../src/alipay/signing.ts"
import { platform } from "../platform.ts"
import { AlipaySdk } from "./sdk.ts"
import {
  appId,
  certificates,
  certified,
  config,
  dayLaterMillis,
  details,
  encoded,
  gateway,
  keys,
  notice,
  notifications,
  nowMillis,
  ok,
  paidFields,
  payment,
  refund,
  requests,
  responses,
  signedText,
  speaking
} from "./world.ts"

/** The vendor's own library as a merchant: it signs as the app and trusts Alipay. */
const merchant = (settings: object = {}) =>
  new AlipaySdk({
    appId,
    keyType: "PKCS8",
    privateKey: requests.appPrivateKeyPem,
    alipayPublicKey: responses.alipayPublicKeyPem,
    ...settings
  })

/** The same library as whoever reads what the app signed. */
const reader = merchant({ alipayPublicKey: requests.appPublicKeyPem })

const app = { alipay: createPublicKey(requests.appPublicKeyPem) }

const isSigned = ({ sign = "", ...parameters }: Record<string, string>): boolean =>
  Signing.verify(Signing.contentOf(Object.entries(parameters)), sign, app)

/** All that a call says, in its query and its body. */
const parametersOf = ({
  path,
  body
}: {
  readonly path: string
  readonly body: string | null
}): Record<string, string> => ({
  ...Object.fromEntries(new URL(path, "http://gateway").searchParams),
  ...Object.fromEntries(new URLSearchParams(body ?? ""))
})

const said = { outTradeNo: "PPX1", totalAmount: "12.34", subject: "测试 + 100%", productCode: "X" }

describe("what we sign, the vendor's library takes; altered, it does not", () => {
  const isTaken = (parameters: Record<string, string>) =>
    reader.checkNotifySignV2({ ...parameters }) &&
    !reader.checkNotifySignV2({ ...parameters, app_id: "2021000000009999" })

  // The library breaks connections of other clients in its process: what is sent is looked at before it is.
  it.each(["key", "certificate"] as const)("calls, in %s mode", (mode) => {
    const settings = mode === "key" ? {} : certified
    const asked = [
      Requests.query(payment(), config(settings)),
      Requests.close(payment(), config(settings)),
      Requests.cancel(payment(), config(settings)),
      Requests.refund(payment(), refund(), config(settings)),
      Requests.queryRefund(payment(), refund(), config(settings)),
      Requests.bill({ day: "2026-11-22", of: "trades" }, config(settings))
    ]
    const calls = asked.map((request) => Requests.call(request, config(settings), keys(settings), nowMillis))
    expect(calls.map(parametersOf).map(isTaken)).toEqual(calls.map(() => true))
    expect(calls.map((call) => parametersOf(call)["biz_content"])[2]).toBe('{"out_trade_no":"PPX20261123000001"}')
  })

  it.effect.each(["WEB", "H5", "APP"] as const)("what the payer is handed (%s)", (source) =>
    speaking("http://127.0.0.1:1", (vendors) =>
      Effect.gen(function* () {
        const order = payment({ source })
        const prepared = yield* vendors.prepare(order, { ...details, description: "测试 + 100% “x”" })
        const evidence = yield* vendors.create(order, prepared, Number.MAX_SAFE_INTEGER)
        const next = evidence.kind === "open" ? evidence.next : null
        const text =
          next?.type === "redirect"
            ? next.url.slice(next.url.indexOf("?"))
            : next?.type === "app"
              ? (next.parameters["orderString"] ?? "")
              : ""
        expect(isTaken(Object.fromEntries(new URLSearchParams(text)))).toBe(true)
      })
    )
  )
})

describe("what the vendor's library signs, we take, and sign the same; altered, we do not", () => {
  const holds = (parameters: Record<string, string>) => {
    expect(isSigned(parameters)).toBe(true)
    expect(isSigned({ ...parameters, biz_content: `${parameters["biz_content"]} ` })).toBe(false)
    const content = Signing.contentOf(Object.entries(parameters).filter(([name]) => name !== "sign"))
    expect(Signing.sign(content, keys())).toBe(parameters["sign"])
  }

  it("a page's address", () => {
    const address = merchant().pageExecute(Requests.methods.page, "GET", {
      bizContent: said,
      returnUrl: "https://a.example/b?c=d"
    })
    holds(Object.fromEntries(new URL(address).searchParams))
  })

  it("an app's text", () => {
    holds(Object.fromEntries(new URLSearchParams(merchant().sdkExecute(Requests.methods.app, { bizContent: said }))))
  })

  it("a text in certificate mode, under the same numbers of certificates", () => {
    const sdk = merchant({
      alipayPublicKey: undefined,
      appCertContent: certificates.appCertPem,
      alipayPublicCertContent: certificates.alipayCertPem,
      alipayRootCertContent: certificates.rootCertsPem
    })
    const parameters = Object.fromEntries(
      new URLSearchParams(sdk.sdkExecute(Requests.methods.app, { bizContent: said }))
    )
    holds(parameters)
    const { numbers } = keys(certified)
    expect(parameters).toMatchObject({ app_cert_sn: numbers?.appSn, alipay_root_cert_sn: numbers?.rootSn })
    expect(sdk.config.alipayCertSn).toBe(numbers?.alipaySn)
  })

  it.effect("a call, and it takes the answer that we take", () =>
    Effect.gen(function* () {
      const text = signedText(Requests.methods.query, { ...ok, out_trade_no: "PPX1", trade_status: "WAIT_BUYER_PAY" })
      const { url, seen } = yield* platform(gateway(text))
      const sdk = merchant({ gateway: `${url}/gateway.do` })
      const result = yield* Effect.promise(() =>
        sdk.exec(Requests.methods.query, { bizContent: { outTradeNo: "PPX1" } }, { validateSign: true })
      )
      expect(result).toMatchObject({ code: "10000", tradeStatus: "WAIT_BUYER_PAY" })
      holds(parametersOf({ path: seen[0]?.url ?? "", body: seen[0]?.body.toString() ?? "" }))
      expect(Either.isRight(Envelope.open(text, Requests.methods.query, keys(), nowMillis))).toBe(true)
    }).pipe(Effect.scoped)
  )
})

describe("of answers and notifications both take the same", () => {
  const sdk = merchant()

  const takesAnswer = (text: string, method: string): boolean =>
    Either.isRight(
      Either.try(() => {
        const { sign } = JSON.parse(text) as { readonly sign: string }
        const name = text.slice(2, text.indexOf('"', 2))
        expect(name === "error_response" || name === `${method.replaceAll(".", "_")}_response`).toBe(true)
        sdk.checkResponseSign(text, name, sign, "")
      })
    )

  it.each(responses.cases.filter(({ alipaySdkAccepts }) => alipaySdkAccepts).map((one) => [one.name, one] as const))(
    "the answer %s, but not a byte of it altered",
    (_, { raw, method }) => {
      const altered = raw.replace(/"code"\s*:\s*"/, (start) => `${start}1`)
      const takes = (text: string) =>
        Either.match(Envelope.open(text, method, keys(certified), dayLaterMillis), {
          onLeft: () => false,
          onRight: ({ isSigned }) => isSigned
        })
      expect([takesAnswer(raw, method), takes(raw)]).toEqual([true, true])
      expect([takesAnswer(altered, method), takes(altered)]).toEqual([false, false])
    }
  )

  const takesNotice = (form: URLSearchParams): boolean => sdk.checkNotifySignV2(Object.fromEntries(form))
  const takes = (form: URLSearchParams): boolean =>
    Either.match(
      Notification.read({ ...notice(paidFields), body: Buffer.from(form.toString()) }, config(), keys(), nowMillis),
      { onLeft: ({ reason }) => reason === "FOREIGN", onRight: () => true }
    )

  it.each(
    notifications.cases
      .filter(({ valid, alipaySdkAccepts }) => valid && alipaySdkAccepts)
      .map((one) => [one.name, one] as const)
  )("the notification %s, but not a byte of it altered", (_, { body }) => {
    const form = new URLSearchParams(body)
    expect([takesNotice(form), takes(form)]).toEqual([true, true])
    for (const name of ["total_amount", "trade_status", "out_trade_no", "sign"]) {
      const altered = new URLSearchParams(body)
      altered.set(name, `${form.get(name)?.slice(0, -2)}1=`)
      expect([takesNotice(altered), takes(altered)]).toEqual([false, false])
    }
  })

  it("notifications that are made here", () => {
    const form = new URLSearchParams(notice(paidFields).body.toString())
    expect([takesNotice(form), takes(form)]).toEqual([true, true])
  })

  it("but not those that are signed with sign_type kept, which the library takes and we do not", () => {
    const other = notifications.cases.find(({ name }) => name.startsWith("signed with sign_type kept"))
    const form = new URLSearchParams(other?.body ?? "")
    expect([takesNotice(form), takes(form)]).toEqual([true, false])
  })
})

it("the gateway is the library's", () => {
  expect(merchant().config.gateway).toBe(encoded.baseUrl)
})
