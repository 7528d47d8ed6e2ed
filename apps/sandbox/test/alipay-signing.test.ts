import { createPublicKey, X509Certificate } from "node:crypto"
import { describe, expect, it } from "vitest"
import * as Signing from "../src/vendors/alipay/Signing.ts"
import { vector } from "./alipay.ts"

interface Requests {
  readonly appPrivateKeyPem: string
  readonly appPublicKeyPem: string
  readonly requests: ReadonlyArray<{
    readonly api: string
    readonly params: Record<string, string>
    readonly signString: string
    readonly sign?: string
  }>
}

interface Answers {
  readonly alipayPrivateKeyPem: string
  readonly alipayPublicKeyPem: string
  readonly cases: ReadonlyArray<{
    readonly name: string
    readonly raw: string
    readonly signed?: string
    readonly valid: boolean
  }>
}

interface Notices {
  readonly alipayPublicKeyPem: string
  readonly cases: ReadonlyArray<{
    readonly name: string
    readonly body: string
    readonly signString: string
    readonly valid: boolean
  }>
}

const requests = Object.values(vector("requests-v2") as Record<string, unknown>).find(
  Array.isArray
) as Requests["requests"]
const { appPrivateKeyPem, appPublicKeyPem } = vector("requests-v2") as Requests
const answers = vector("responses-v2") as Answers
const notices = vector("notifications") as Notices

describe("the signature of a request", () => {
  it.each(requests.map((one, index) => [`${one.api} ${index}`, one] as const))(
    "is over %s as it was sent",
    (_, one) => {
      const text = Signing.textOf(Object.entries(one.params))
      expect(text).toBe(one.signString)
      const sign = one.params["sign"] ?? ""
      expect(Signing.sign(text, appPrivateKeyPem)).toBe(sign)
      expect(Signing.isSigned(text, sign, appPublicKeyPem)).toBe(true)
      expect(Signing.isSigned(`${text} `, sign, appPublicKeyPem)).toBe(false)
      expect(Signing.isSigned(text, `${sign}!`, appPublicKeyPem)).toBe(false)
    }
  )
})

describe("the signature of an answer", () => {
  const signed = answers.cases.filter(
    ({ name, signed, valid }) => valid && signed !== undefined && !name.includes("unescaped")
  )
  it.each(signed.map((one) => [one.name, one] as const))("is over its object's text: %s", (_, { raw, signed = "" }) => {
    const { sign } = JSON.parse(raw) as { readonly sign: string }
    expect(Signing.sign(signed, answers.alipayPrivateKeyPem)).toBe(sign)
    expect(raw).toContain(signed)
  })
})

describe("the signature of a notice", () => {
  const told = notices.cases.filter(({ name }) => !/V2 rule|removed|signed with it/.test(name))
  it.each(told.map((one) => [one.name, one] as const))("leaves out sign and sign_type: %s", (_, one) => {
    const form = new URLSearchParams(one.body)
    const text = Signing.textOf(form, ["sign_type"])
    expect(Signing.isSigned(text, form.get("sign") ?? "", notices.alipayPublicKeyPem)).toBe(one.valid)
    if (one.valid) expect(text).toBe(one.signString)
  })
})

describe("the serial numbers of certificates", () => {
  const { appCertPem, alipayCertPem, rootCertsPem, ...sns } = vector("cert-sn") as Record<string, string>

  it("are those of the issuer and the serial", () => {
    expect(Signing.serialOf(appCertPem ?? "")).toBe(sns["app_cert_sn"])
    expect(Signing.serialOf(alipayCertPem ?? "")).toBe(sns["alipay_cert_sn"])
  })

  it("of a root file are those of its RSA certificates alone", () => {
    expect(rootCertsPem?.match(/BEGIN CERTIFICATE/g)).toHaveLength(3)
    expect(Signing.rootSerialOf(rootCertsPem ?? "")).toBe(sns["alipay_root_cert_sn"])
  })

  it("are of certificates whose keys are the fixtures' own", () => {
    const pem = (certificate: string) =>
      new X509Certificate(certificate).publicKey.export({ type: "spki", format: "pem" }).toString()
    expect(pem(appCertPem ?? "")).toBe(createPublicKey(appPublicKeyPem).export({ type: "spki", format: "pem" }))
  })
})
