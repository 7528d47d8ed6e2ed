import { randomBytes } from "node:crypto"
import { describe, it } from "@effect/vitest"
import { Either, FastCheck, Redacted } from "effect"
import { Webhook } from "standardwebhooks"
import { assert } from "vitest"
import { Signing } from "../src/index.ts"

const specSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
const keyOf = (secret: string) => Either.getOrThrow(Signing.key(Redacted.make(secret)))
const faultOf = (secret: string) => Either.getOrThrow(Either.flip(Signing.key(Redacted.make(secret)))).detail

describe("Signing", () => {
  it("gives the signature that the specification publishes", () => {
    const signed = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestampSeconds: 1614265330, body: '{"test": 2432232314}' }
    assert.strictEqual(Signing.sign(keyOf(specSecret), signed), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  })

  it("signs the UTF-8 bytes of a body", () => {
    const signed = {
      id: "evt_2",
      timestampSeconds: 1767601812,
      body: '{"type":"payment.succeeded","data":{"subject":"测试商品 €"}}'
    }
    assert.strictEqual(Signing.sign(keyOf(specSecret), signed), "v1,ZdZBCcl6ulshr+tNC2bPADe8EhblgRX7Raxsoh3e8ws=")
  })

  it("agrees with the receivers' library on any key, time and body", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.uint8Array({ minLength: 24, maxLength: 64 }),
        FastCheck.integer({ min: 0, max: 4_102_444_800 }),
        FastCheck.string({ unit: "binary" }),
        (bytes, timestampSeconds, body) => {
          const secret = `whsec_${Buffer.from(bytes).toString("base64")}`
          const theirs = new Webhook(secret).sign("evt_1", new Date(timestampSeconds * 1000), body)
          assert.strictEqual(Signing.sign(keyOf(secret), { id: "evt_1", timestampSeconds, body }), theirs)
        }
      )
    )
  })

  it.each([
    ["of another scheme", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_"],
    ["in base64url", `whsec_${"-_".repeat(16)}`, "base64"],
    ["with a blank", `${specSecret} `, "base64"],
    ["with a line's end", `${specSecret}\n`, "base64"],
    ["without its padding", `whsec_${randomBytes(32).toString("base64").replace("=", "")}`, "base64"],
    ["that is empty", "whsec_", "0 bytes"],
    ["of 23 bytes", `whsec_${randomBytes(23).toString("base64")}`, "23 bytes"],
    ["of 65 bytes", `whsec_${randomBytes(65).toString("base64")}`, "65 bytes"]
  ])("refuses a secret %s, and says why without showing it", (_, secret, why) => {
    assert.include(faultOf(secret), why)
    assert.isFalse(faultOf(secret).includes(secret.slice(6).trim() || "\0"))
  })

  it("takes keys of 24 and of 64 bytes", () => {
    for (const size of [24, 64]) assert.strictEqual(keyOf(`whsec_${randomBytes(size).toString("base64")}`).length, size)
  })

  it("takes no id that could part the signed text elsewhere or end a header", () => {
    assert.isTrue(Signing.isId("evt_01HV3C8QK7"))
    for (const id of ["", "evt.1", "evt 1", "evt\r\n1", "事件", "e".repeat(257)]) assert.isFalse(Signing.isId(id), id)
  })
})
