import { generateKeyPairSync } from "node:crypto"
import { readFileSync } from "node:fs"
import { expect, it } from "@effect/vitest"
import { Kinds } from "@payment-proxy/adapter-vendor-http"
import { Effect, Schema, SchemaAST, TestClock } from "effect"
import { load } from "../src/index.ts"
import { told } from "./files.ts"

const page = readFileSync(new URL("../../../docs/vendors.md", import.meta.url), "utf8")

const fixture = <A, I>(path: string, schema: Schema.Schema<A, I>): A =>
  Schema.decodeUnknownSync(Schema.parseJson(schema))(
    readFileSync(new URL(`../../adapter-vendor-http/test/${path}`, import.meta.url), "utf8")
  )
const pem = (name: string) =>
  readFileSync(new URL(`../../adapter-vendor-http/test/certificates/${name}`, import.meta.url), "utf8")

/** Throwaway keys and certificates that belong together. */
const wechat = fixture(
  "wechatpay/vectors/keys.json",
  Schema.Struct({ merchant: Schema.Struct({ privateKeyPem: Schema.String, certificatePem: Schema.String }) })
)
const alipay = {
  ...fixture("alipay/vectors/requests-v2.json", Schema.Struct({ appPrivateKeyPem: Schema.String })),
  ...fixture(
    "alipay/vectors/cert-sn.json",
    Schema.Struct({ appCertPem: Schema.String, alipayCertPem: Schema.String, rootCertsPem: Schema.String })
  )
}
const publicKey = (): string =>
  generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "pem" }).toString()

const environment = {
  PAYMENT_PROXY_CONFIG: "/config/file.yaml",
  PAYMENT_PROXY_PUBLIC_URL: "https://pay.example",
  WECHATPAY_APIV3_KEY: "throwaway-key-of-32-characters-x",
  ALIPAY_APP_ID: "2021000000000000",
  ALIPAY_SELLER_ID: "2088000000000001",
  MPGS_MERCHANT_ID: "TESTMERCHANT",
  MPGS_PASSWORD: "throwaway-password",
  MPGS_NEXT_PASSWORD: "throwaway-next-password",
  MPGS_REPORTING_PASSWORD: "throwaway-reporting-password",
  PAYPAL_CLIENT_ID: "throwaway-client",
  PAYPAL_WEBHOOK_ID: "1JE4291016473214C",
  PAYPAL_MERCHANT_ID: "XYZ11111111"
}

const files = new Map([
  ["/config/secrets/apiclient_key.pem", wechat.merchant.privateKeyPem],
  ["/config/secrets/apiclient_cert.pem", wechat.merchant.certificatePem],
  ["/config/secrets/pub_key.pem", publicKey()],
  ["/run/secrets/alipay-app-private-key.pem", alipay.appPrivateKeyPem],
  ["/run/secrets/alipay-public-key.pem", publicKey()],
  ["/run/secrets/appCertPublicKey_2021000000000000.crt", alipay.appCertPem],
  ["/run/secrets/alipayCertPublicKey_RSA2.crt", alipay.alipayCertPem],
  ["/run/secrets/alipayRootCert.crt", alipay.rootCertsPem],
  ["/run/secrets/mpgs-webhook", "throwaway-secret-of-32-character"],
  ["/run/secrets/mpgs.crt", pem("client.crt")],
  ["/run/secrets/mpgs.key", pem("client.key")],
  ["/run/secrets/paypal", "throwaway-client-secret"]
])

const readFile = (path: string) => {
  const text = path === environment.PAYMENT_PROXY_CONFIG ? undefined : files.get(path)
  return text === undefined ? Effect.fail({ message: "no such file" }) : Effect.succeed(text)
}

/** The vendors of a file of this text, by kind, or its faults. */
const vendorsOf = (text: string, more: { readonly [name: string]: string } = {}) =>
  load({ ...environment, ...more }, (path) =>
    path === environment.PAYMENT_PROXY_CONFIG ? Effect.succeed(text) : readFile(path)
  ).pipe(
    Effect.map(({ vendors }): ReadonlyArray<string> => Object.values(vendors).map(({ kind }) => kind)),
    Effect.catchAll((faults) => Effect.succeed(told(faults)))
  )

const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)]
  .map(([, block = ""]) => block)
  .filter((block) => block.includes("vendors:"))

const exampleOf = (kind: string): string =>
  examples.find((block) => block.includes(`kind: ${kind}`)) ?? expect.fail("It has no example.")

const inForce = TestClock.setTime(Date.parse("2026-12-01T00:00:00Z"))

it.effect("every example of docs/vendors.md is a whole configuration without a fault", () =>
  Effect.gen(function* () {
    yield* inForce
    const kinds = yield* Effect.forEach(examples, (text) => vendorsOf(text))
    expect(kinds).toEqual(examples.map((block) => [/kind: (\w+)/.exec(block)?.[1]]))
    expect(new Set(kinds.flat())).toEqual(new Set(["wechatpay", "alipay", "mpgs", "paypal"]))
  })
)

it.effect("an example whose keys do not fit, or that misses one, is found", () =>
  Effect.gen(function* () {
    yield* inForce
    const first = exampleOf("wechatpay")
    const wrong = (from: string, to: string) => vendorsOf(first.replace(from, to))
    expect((yield* wrong("secrets/apiclient_cert.pem", "/run/secrets/mpgs.crt"))[0]).toContain("/certificate: ")
    expect((yield* wrong("secrets/pub_key.pem", "secrets/nothing"))[0]).toContain("cannot be read")
    expect((yield* wrong("appids:", "apps:")).join()).toContain("/apps: ")
  })
)

it.effect("an address that a vendor would not send notifications to is found, unless one is developing", () =>
  Effect.gen(function* () {
    yield* inForce
    const at = (kind: string, url: string, development = "false") =>
      vendorsOf(exampleOf(kind), { PAYMENT_PROXY_PUBLIC_URL: url, PAYMENT_PROXY_DEVELOPMENT: development })
    const long = (chars: number) => `https://pay.example/${"x".repeat(chars)}`
    const name = "PAYMENT_PROXY_PUBLIC_URL: "
    expect(yield* at("wechatpay", "http://pay.example")).toEqual([
      `${name}wechat would be given http://pay.example/notify/wechat. WeChat Pay notifies https addresses alone: give https.`
    ])
    expect(yield* at("wechatpay", "http://127.0.0.1:4000", "true")).toEqual(["wechatpay"])
    const path = "https://pay.example/".length + "/notify/wechat".length
    expect(yield* at("wechatpay", long(255 - path))).toEqual(["wechatpay"])
    expect((yield* at("wechatpay", long(256 - path)))[0]).toContain("256 characters are more than the 255")
    expect((yield* at("alipay", long(250)))[0]).toContain("are more than the 256")
    expect(yield* at("alipay", "http://pay.example")).toEqual(["alipay"])
    expect(yield* at("mpgs", "https://pay.example/?a=b")).toContain(
      `${name}This is not an http or https address without a query.`
    )
  })
)

/** The names of all settings in a configuration, as it is written. */
const settingsOf = (ast: SchemaAST.AST): ReadonlyArray<string> =>
  SchemaAST.isTypeLiteral(ast)
    ? ast.propertySignatures.flatMap(({ name, type }) => [String(name), ...settingsOf(type)])
    : SchemaAST.isUnion(ast)
      ? ast.types.flatMap(settingsOf)
      : SchemaAST.isRefinement(ast)
        ? settingsOf(ast.from)
        : []

const titles: { readonly [kind: string]: string } = {
  wechatpay: "WeChat Pay",
  alipay: "Alipay",
  mpgs: "MPGS",
  paypal: "PayPal"
}

const sectionOf = (title: string | undefined): string =>
  page.split(/^## /m).find((section) => section.startsWith(`${title}\n`)) ?? expect.fail("It has no section.")

/** A mapped vendor has a page of its own. */
const direct = (Object.keys(Kinds.kinds) as ReadonlyArray<keyof typeof Kinds.kinds>).filter((kind) => kind !== "mapped")

it.each(direct)("every setting of %s is named in its section, or in what holds for all", (kind) => {
  const section = `${sectionOf(titles[kind])}\n${sectionOf("Configuring one")}`
  const named = new Set([...section.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = ""]) => code.match(/\w+/g) ?? []))
  const settings = settingsOf(Schema.encodedSchema(Kinds.kinds[kind].config as Schema.Schema.AnyNoContext).ast)
  expect(settings).toEqual(expect.arrayContaining(["kind", "baseUrl", "createMillis", "ca"]))
  expect(settings.filter((setting) => !named.has(setting))).toEqual([])
})
