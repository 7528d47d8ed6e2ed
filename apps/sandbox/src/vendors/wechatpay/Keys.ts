import type { KeyObject } from "node:crypto"
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto"
import { randomHex } from "../../Random.ts"
import type { Pair } from "../Certificates.ts"
import * as Certificates from "../Certificates.ts"
import type { Kit } from "../Kit.ts"
import * as Beijing from "./Beijing.ts"
import * as Chance from "./Chance.ts"

const days = 5 * 365
const fiveYearsMillis = days * 86_400_000

/** What the vendor signs with, under the serial or the id that goes with it. */
export interface Signer {
  readonly serial: string
  readonly key: KeyObject
}

/** A certificate of the vendor's with its key. */
export interface Platform extends Signer {
  readonly certificate: string
  readonly effectiveMillis: number
  readonly expireMillis: number
}

interface Merchant {
  readonly mchid: string
  readonly name: string
  /** Of an official account, which the mini program's and the mobile app's look like. */
  readonly appid: string
  readonly miniProgramAppid: string
  readonly mobileAppid: string
  /** A payer's, of each of the apps. */
  readonly openid: string
  readonly apiV3Key: string
  readonly publicKeyId: string
}

type Issued = Pair & { readonly serial: string }

const appid = (): string => `wx${randomHex(8)}`

const merchantMade = (): Merchant => ({
  mchid: `16${Chance.digits(8)}`,
  name: "沙盒商户 Sandbox Shop",
  appid: appid(),
  miniProgramAppid: appid(),
  mobileAppid: appid(),
  openid: `o${Chance.word(27)}`,
  apiV3Key: Chance.word(32),
  publicKeyId: `PUB_KEY_ID_01${Chance.digits(32)}`
})

/** Forty digits, as the vendor's are. */
const serial = (): string => `5A${randomHex(19)}`.toUpperCase()

const platformOf = ({ certificate, privateKey, serial }: Issued): Platform => {
  const { validFromDate, validToDate } = new X509Certificate(certificate)
  return {
    serial,
    certificate,
    key: createPrivateKey(privateKey),
    effectiveMillis: validFromDate.getTime(),
    expireMillis: validToDate.getTime()
  }
}

const listed = ({ serial, certificate, effectiveMillis, expireMillis }: Platform) => ({
  serial,
  certificate,
  effectiveTime: Beijing.text(effectiveMillis),
  expireTime: Beijing.text(expireMillis)
})

/** A merchant's numbers, secrets and keys, and the keys that the vendor signs with; all outlive a restart. */
export class Keys {
  readonly merchant: Merchant
  /** What the merchant's requests are verified with. */
  readonly merchantKey: KeyObject
  readonly merchantSerial: string
  /** The vendor's public key's other half, under its id. */
  readonly publicKey: Signer
  /** A platform certificate that ended before the sandbox began; it is not among those that can be fetched. */
  readonly expired: Platform
  readonly #platforms: Array<Platform> = []
  readonly #kit: Kit
  readonly #authority: Pair
  readonly #texts: { readonly merchant: Issued; readonly publicKey: string }

  private constructor(kit: Kit, made: Made) {
    this.#kit = kit
    this.#authority = made.authority
    this.merchant = made.merchant
    this.merchantKey = createPublicKey(made.pair.privateKey)
    this.merchantSerial = made.pair.serial
    this.publicKey = { serial: made.merchant.publicKeyId, key: createPrivateKey(made.keys.privateKey) }
    this.expired = platformOf(made.expired)
    this.#texts = { merchant: made.pair, publicKey: made.keys.publicKey }
  }

  /** Opens what is kept, or makes it, with so many platform certificates. */
  static async open(kit: Kit, certificates: number): Promise<Keys> {
    const merchant: Merchant = JSON.parse(await kit.kept("merchant.json", () => JSON.stringify(merchantMade())))
    const authority: Pair = JSON.parse(
      await kit.kept("authority.json", async () =>
        JSON.stringify(await Certificates.authority({ name: "CN=Sandbox Pay Root CA, O=Sandbox", years: 30 }))
      )
    )
    const issued = async (name: string, subject: string, notBefore?: Date): Promise<Issued> => {
      const from = notBefore === undefined ? {} : { notBefore }
      const make = async () =>
        JSON.stringify(await Certificates.issued({ authority, subject, days, serial: serial(), ...from }))
      return JSON.parse(await kit.kept(name, make))
    }
    const longAgo = new Date(Date.now() - fiveYearsMillis - 30 * 86_400_000)
    const [pair, keys, expired] = await Promise.all([
      issued("merchant-certificate.json", `CN=${merchant.mchid}, O=Sandbox Shop`),
      kit.kept("public-key.json", async () => JSON.stringify(await Certificates.rsaKeys())),
      issued("platform-expired.json", "CN=Sandbox Pay Platform, O=Sandbox", longAgo)
    ])
    const all = new Keys(kit, { merchant, authority, pair, keys: JSON.parse(keys), expired })
    for (let count = 0; count < certificates; count += 1) await all.issue()
    return all
  }

  /** Issues one more platform certificate, with which is signed from then on; the others stay good. */
  async issue(): Promise<Platform> {
    const subject = "CN=Sandbox Pay Platform, O=Sandbox"
    const make = async () =>
      JSON.stringify(await Certificates.issued({ authority: this.#authority, subject, days, serial: serial() }))
    const platform = platformOf(JSON.parse(await this.#kit.kept(`platform-${this.#platforms.length}.json`, make)))
    this.#platforms.push(platform)
    return platform
  }

  /** Those that can be fetched, the newest first. */
  get platforms(): ReadonlyArray<Platform> {
    return this.#platforms.toReversed()
  }

  /** The newest platform certificate. */
  get platform(): Platform {
    return this.#platforms.at(-1) ?? this.expired
  }

  /** What an answer is signed with: what the caller named in `Wechatpay-Serial`, where that is the public key, else the newest certificate. */
  signerFor(named: string | undefined): Signer {
    return named === this.publicKey.serial ? this.publicKey : this.platform
  }

  /** Whether an app is one that the merchant is bound to. */
  isBound(appid: string): boolean {
    const { merchant } = this
    return [merchant.appid, merchant.miniProgramAppid, merchant.mobileAppid].includes(appid)
  }

  /** What the merchant console hands out. */
  get credentials(): Record<string, unknown> {
    const { mchid, appid, miniProgramAppid, mobileAppid, openid, apiV3Key, publicKeyId } = this.merchant
    return {
      url: this.#kit.url,
      mchid,
      appid,
      miniProgramAppid,
      mobileAppid,
      openid,
      serial: this.merchantSerial,
      privateKey: this.#texts.merchant.privateKey,
      certificate: this.#texts.merchant.certificate,
      apiV3Key,
      publicKeyId,
      publicKey: this.#texts.publicKey,
      platformCertificates: this.platforms.map(listed),
      expiredPlatformCertificate: listed(this.expired),
      authority: this.#authority.certificate
    }
  }
}

interface Made {
  readonly merchant: Merchant
  readonly authority: Pair
  readonly pair: Issued
  readonly keys: { readonly privateKey: string; readonly publicKey: string }
  readonly expired: Issued
}
