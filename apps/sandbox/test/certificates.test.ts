import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto"
import { describe, expect, it } from "vitest"
import * as QrCode from "../src/QrCode.ts"
import * as Certificates from "../src/vendors/Certificates.ts"

describe("certificates", () => {
  it("are issued by an authority, for a time, with a serial, and go with their key", async () => {
    const authority = await Certificates.authority({ name: "Throwaway, of tests", years: 10 })
    const notBefore = new Date("2026-01-01T00:00:00Z")
    const subject = "CN=Shop, O=Tests"
    const issued = await Certificates.issued({ authority, subject, days: 90, notBefore, serial: "0f00AA" })
    const [root, leaf] = [authority, issued].map(({ certificate }) => new X509Certificate(certificate))
    if (root === undefined || leaf === undefined) throw new Error("There are two.")
    expect([root.ca, leaf.ca, root.verify(root.publicKey)]).toEqual([true, false, true])
    expect([leaf.verify(root.publicKey), leaf.checkIssued(root)]).toEqual([true, true])
    expect(leaf.checkPrivateKey(createPrivateKey(issued.privateKey))).toBe(true)
    expect([leaf.serialNumber, issued.serial, leaf.subject]).toEqual(["0F00AA", "0F00AA", "CN=Shop\nO=Tests"])
    expect(leaf.validFromDate).toEqual(notBefore)
    expect(leaf.validToDate).toEqual(new Date("2026-04-01T00:00:00Z"))
  })

  it("have a serial of their own where none is given, and are good now", async () => {
    const authority = await Certificates.authority({ name: "Throwaway", years: 1 })
    const issued = () => Certificates.issued({ authority, subject: "Shop", days: 1 })
    const [one, other] = await Promise.all([issued(), issued()])
    expect(one.serial).toMatch(/^[1-9A-F][0-9A-F]{37}$/)
    expect(one.serial).not.toBe(other.serial)
    const { serialNumber, validFromDate, validToDate } = new X509Certificate(one.certificate)
    expect(serialNumber).toBe(one.serial)
    expect([validFromDate.getTime() < Date.now(), validToDate.getTime() > Date.now()]).toEqual([true, true])
  })

  it("are not needed for keys alone", async () => {
    const { privateKey, publicKey } = await Certificates.rsaKeys()
    expect(createPublicKey(privateKey).equals(createPublicKey(publicKey))).toBe(true)
    expect(createPrivateKey(privateKey).asymmetricKeyDetails?.modulusLength).toBe(2048)
  })
})

describe("a QR code", () => {
  it("is a picture that a page can hold as it is", async () => {
    const svg = await QrCode.svg("weixin://wxpay/bizpayurl?pr=throwaway")
    expect(svg).toMatch(/^<svg [^>]*viewBox=/)
    expect(svg).not.toContain("script")
  })
})
