import { generateKeyPairSync } from "node:crypto"
import { inspect } from "node:util"
import { expect, it } from "@effect/vitest"
import { Either, ParseResult, Redacted, Schema } from "effect"
import { describe } from "vitest"
import { OAuthConfig, Tls, unfit } from "../src/index.ts"
import { certificate } from "./certificates.ts"
import { configured } from "./tokenServer.ts"

const pemOf = ({ privateKey }: ReturnType<typeof generateKeyPairSync>) =>
  privateKey.export({ type: "pkcs8", format: "pem" }).toString()
const ecKey = pemOf(generateKeyPairSync("ec", { namedCurve: "P-256" }))
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
const rsaKey = pemOf(rsa)
const smallKey = pemOf(generateKeyPairSync("rsa", { modulusLength: 1024 }))
const oddKey = pemOf(generateKeyPairSync("ec", { namedCurve: "secp256k1" }))
const lockedKey = rsa.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "canary" })

const endpoint = { tokenEndpoint: "https://a.example/token", clientId: "c" }
const signing = { ...endpoint, authMethod: "private_key_jwt" }
const secret = { ...endpoint, clientSecret: "s" }
const byCertificate = { ...endpoint, authMethod: "tls_client_auth" }

/** Where it is wrong, and what is said of it. */
const faults = (config: object) =>
  Either.match(Schema.decodeUnknownEither(OAuthConfig)(config, { errors: "all", onExcessProperty: "error" }), {
    onLeft: (error) =>
      ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path, message }) => `/${path.join("/")}: ${message}`),
    onRight: () => []
  })

describe("a client's configuration", () => {
  it.each([
    ["a secret, given and discovered", { ...secret }],
    ["a secret with what comes after it", { ...secret, next: { clientSecret: "t" }, scope: "a b", audience: "x" }],
    ["an issuer on this machine", { clientId: "c", clientSecret: "s", issuer: "http://127.0.0.1:1/x" }],
    ["a colon in an id that is encoded", { ...secret, clientId: "a:b" }],
    ["an elliptic key", { ...signing, privateKey: ecKey }],
    [
      "an RSA key with all about it",
      { ...signing, privateKey: rsaKey, alg: "PS256", kid: "k", assertionAudience: "x" }
    ],
    ["a key with the one after it", { ...signing, privateKey: ecKey, next: { privateKey: rsaKey, kid: "next" } }],
    ["a certificate", { ...byCertificate }],
    ["a self-signed certificate", { ...byCertificate, authMethod: "self_signed_tls_client_auth" }],
    ["one resource", { ...secret, resource: "https://api.example/" }],
    ["two resources", { ...secret, resource: ["https://api.example/a", "urn:b"] }]
  ])("may be %s", (_, config) => {
    expect(faults(config)).toEqual([])
  })

  it.each([
    [{ clientId: "c", clientSecret: "s" }, "/: Name either issuer or tokenEndpoint."],
    [{ ...secret, issuer: "https://a.example" }, "/: Name either issuer or tokenEndpoint."],
    [{ ...secret, tokenEndpoint: "http://a.example/token" }, "/tokenEndpoint: This is not an https address"],
    [{ ...secret, clientId: "客户" }, "/clientId: This is empty or not printable ASCII"],
    [{ ...secret, authMethod: "none" }, "/authMethod: "],
    [endpoint, "/clientSecret: client_secret_basic needs it."],
    [{ ...endpoint, authMethod: "client_secret_post" }, "/clientSecret: client_secret_post needs it."],
    [{ ...secret, privateKey: ecKey }, "/privateKey: client_secret_basic does not use it"],
    [{ ...secret, kid: "k" }, "/kid: client_secret_basic does not use it"],
    [{ ...secret, assertionAudience: "x" }, "/assertionAudience: client_secret_basic sends no assertion"],
    [{ ...secret, next: {} }, "/next/clientSecret: client_secret_basic needs it."],
    [{ ...secret, next: { clientSecret: "t", privateKey: ecKey } }, "/next/privateKey: client_secret_basic does not"],
    [{ ...secret, clientId: "a:b", basicEncoding: "raw" }, "/clientId: A colon can only be sent with"],
    [{ ...secret, authMethod: "client_secret_post", basicEncoding: "raw" }, "/basicEncoding: It is for"],
    [{ ...secret, resource: "api" }, "/resource: This is not an absolute address"],
    [{ ...secret, resource: [] }, "/resource: This is not an absolute address"],
    [{ ...secret, resource: ["https://a.example/#x"] }, "/resource: This is not an absolute address"],
    [{ ...secret, shared: "yes" }, "/shared: "],
    [signing, "/privateKey: private_key_jwt needs it."],
    [{ ...signing, privateKey: ecKey, clientSecret: "s" }, "/clientSecret: private_key_jwt does not use it"],
    [{ ...signing, privateKey: "canary" }, "/privateKey: This is no private key"],
    [{ ...signing, privateKey: '{"kty":"oct","k":"Y2FuYXJ5"}' }, "/privateKey: This is no private key"],
    [{ ...signing, privateKey: lockedKey }, "/privateKey: This is no private key"],
    [{ ...signing, privateKey: smallKey }, "/privateKey: This RSA key has less than 2048 bits."],
    [{ ...signing, privateKey: oddKey }, "/privateKey: This key is none of RSA, P-256"],
    [{ ...signing, privateKey: ecKey, alg: "RS256" }, "/privateKey: This key does not sign so, but by ES256."],
    [{ ...signing, privateKey: ecKey, alg: "none" }, "/alg: "],
    [{ ...signing, privateKey: ecKey, next: { privateKey: "canary" } }, "/next/privateKey: This is no private key"],
    [{ ...byCertificate, clientSecret: "s" }, "/clientSecret: tls_client_auth does not use it"],
    [{ ...byCertificate, next: { clientSecret: "s" } }, "/next: tls_client_auth has no second credential"],
    [{ ...byCertificate, tokenEndpoint: "http://localhost/t" }, "/tokenEndpoint: A client certificate needs https."]
  ])("says where it is wrong: %j", (config, said) => {
    const found = faults(config)
    expect(
      found.some((fault) => fault.startsWith(said)),
      found.join("\n")
    ).toBe(true)
    expect(found.join()).not.toContain("canary")
  })

  it("hides its secrets wherever it is shown", () => {
    const config = configured({ ...secret, clientSecret: "canary-1", next: { clientSecret: "canary-2" } })
    const key = configured({ ...signing, privateKey: ecKey })
    const shown = [config, key]
      .map((one) => `${JSON.stringify(one)} ${String(one)} ${inspect(one, { depth: 9, showHidden: true })}`)
      .join()
    for (const canary of ["canary-1", "canary-2", ecKey.split("\n")[1] ?? ""]) expect(shown).not.toContain(canary)
  })
})

describe("a vendor's TLS", () => {
  const [one, two] = [certificate("one"), certificate("two")]
  const tls = (config: object) => Schema.decodeUnknownSync(Tls)(config)

  it("is of PEM texts", () => {
    for (const wrong of [{ ca: "x" }, { cert: one.key }, { key: one.cert }])
      expect(Either.isLeft(Schema.decodeUnknownEither(Tls)(wrong))).toBe(true)
    expect(Redacted.isRedacted(tls(one).key)).toBe(true)
  })

  it.each([
    ["nothing for a secret", secret, {}, []],
    ["a CA for a secret", secret, { ca: one.cert }, []],
    ["a pair", byCertificate, { cert: one.cert, key: one.key }, []],
    ["no certificate where one is needed", byCertificate, {}, ["/tls/cert", "/tls/key"]],
    ["no key where one is needed", byCertificate, { cert: one.cert }, ["/tls/key"]],
    ["half a pair", secret, { key: one.key }, ["/tls/cert"]],
    ["two halves of different pairs", byCertificate, { cert: one.cert, key: two.key }, ["/tls"]],
    ["a text that is no certificate", secret, { ca: "-----BEGIN CERTIFICATE-----\nnonsense" }, ["/tls/ca"]]
  ])("goes together with the client, or does not: %s", (_, config, material, places) => {
    expect(unfit({ ...configured(config), tls: tls(material) }).map(({ at }) => at)).toEqual(places)
  })
})
