import { expect, it } from "@effect/vitest"
import { Either } from "effect"
import { describe } from "vitest"
import * as Envelope from "../../src/alipay/envelope.ts"
import * as Notification from "../../src/alipay/notification.ts"
import * as Signing from "../../src/alipay/signing.ts"
import {
  certificates,
  certified,
  config,
  dayLaterMillis,
  keys,
  notifications,
  nowMillis,
  requests,
  responses
} from "./world.ts"

describe("a request of the fixtures is signed as it was", () => {
  it.each(requests.cases.map((request) => [`${request.api} ${request.mode ?? ""}`, request] as const))(
    "%s",
    (_, { params, signString, sign }) => {
      const content = Signing.contentOf(Object.entries(params).filter(([name]) => name !== "sign"))
      expect(content).toBe(signString)
      expect(Signing.sign(content, keys())).toBe(sign)
    }
  )
})

describe("an answer of the fixtures", () => {
  it.each(responses.cases.map((one) => [one.name, one] as const))("%s", (_, { method, raw, signed, valid }) => {
    const opened = Envelope.open(raw, method, keys(certified), dayLaterMillis)
    const code = /"code"\s*:\s*"(\d+)"/.exec(raw)?.[1]
    if (valid) {
      expect(Either.getOrThrow(opened).isSigned).toBe(true)
      expect(Envelope.rawOf(raw, raw.slice(2, raw.indexOf('"', 2)))).toBe(signed)
    } else if (signed === undefined) expect(Either.isLeft(opened)).toBe(true)
    else expect(Either.getOrThrow(opened)).toMatchObject({ isSigned: false, body: { code } })
  })
})

describe("a notification of the fixtures", () => {
  it.each(notifications.cases.map((one) => [one.name, one] as const))("%s", (name, { body, contentType, valid }) => {
    const incoming = { headers: { "content-type": contentType }, body: Buffer.from(body) }
    const read = Notification.read(incoming, config(), keys(), nowMillis)
    if (!valid) expect(Either.flip(read).pipe(Either.getOrThrow)).toMatchObject({ reason: "SIGNATURE" })
    else if (name.startsWith("another app id"))
      expect(Either.flip(read).pipe(Either.getOrThrow)).toMatchObject({ reason: "FOREIGN" })
    else
      expect(Either.getOrThrow(read)).toMatchObject({
        subject: { by: "merchantOrderNo", no: "PPX20261123000001" },
        evidence: { transactionNo: "2026112322001400001111111111", amount: { amountMinor: 1234n } },
        reply: { status: 200, body: "success" }
      })
  })
})

it("certificates have the numbers that Alipay knows them by", () => {
  const { numbers } = keys(certified)
  expect(numbers).toMatchObject({
    appSn: certificates.app_cert_sn,
    alipaySn: certificates.alipay_cert_sn,
    rootSn: certificates.alipay_root_cert_sn
  })
})
