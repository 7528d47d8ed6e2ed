import { readFileSync } from "node:fs"
import { Schema } from "effect"

const Vectors = Schema.Struct({
  webhook_id: Schema.String,
  private_key_pem_throwaway: Schema.String,
  certificates: Schema.Struct({
    good: Schema.String,
    rogue: Schema.String,
    other_subject: Schema.String,
    expired: Schema.String
  }),
  trust_anchor_pem: Schema.String,
  cases: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      expect: Schema.Literal("accept", "reject"),
      body: Schema.String,
      body_crc32_decimal_when_signed: Schema.String,
      signed_text: Schema.String,
      certificate: Schema.Literal("good", "rogue", "other_subject", "expired"),
      headers: Schema.Record({ key: Schema.String, value: Schema.String })
    })
  ),
  cert_url_policy: Schema.Array(Schema.Struct({ url: Schema.String, expect: Schema.String }))
})

/** Signed deliveries and addresses of certificates, made independently (their README says how). */
export const vectors = Schema.decodeUnknownSync(Schema.parseJson(Vectors))(
  readFileSync(new URL("vectors/webhook.json", import.meta.url), "utf8")
)
