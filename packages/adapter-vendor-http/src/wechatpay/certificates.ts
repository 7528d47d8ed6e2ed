import { Either, Redacted, Schema } from "effect"
import type { Answer } from "../Http.ts"
import type { Account } from "./account.ts"
import * as Keys from "./keys.ts"
import * as Seals from "./seals.ts"
import * as Signing from "./signing.ts"

/** Asks for all certificates that WeChat Pay signs with now (vendors' reference §1c). */
export const request: Signing.Request = { method: "GET", path: "/v3/certificates?algorithm_type=RSA", body: null }

const List = Schema.parseJson(
  Schema.Struct({
    data: Schema.Array(
      Schema.Struct({
        encrypt_certificate: Schema.Struct({
          algorithm: Schema.String,
          nonce: Schema.String,
          associated_data: Schema.optional(Schema.NullOr(Schema.String)),
          ciphertext: Schema.String
        })
      })
    ).pipe(Schema.maxItems(64))
  })
)

const decode = Schema.decodeUnknownEither(List)

const isSigned = (
  answer: Answer,
  account: Account,
  certificates: ReadonlyArray<Keys.Certificate>,
  nowMillis: number
): Either.Either<void, string> =>
  Either.flatMap(
    Either.mapLeft(Seals.of(answer.headers), ({ detail }) => detail),
    (seal) => {
      if (!Seals.isTimely(seal, nowMillis)) return Either.left("It was signed 5 minutes or more from now.")
      const serial = Keys.serialOf(seal.serial)
      const key =
        serial === account.publicKey?.id
          ? account.publicKey.key
          : certificates.find((one) => Keys.serialOf(one.serial) === serial)?.key
      if (key === undefined) return Either.left("It was signed by a key that is not among those in it.")
      return Signing.verify(seal, answer.text, seal.signature, key)
        ? Either.void
        : Either.left("It was altered or signed by someone else.")
    }
  )

/**
 * The certificates in an answer: each decrypted by the APIv3 key, which proves it, and the answer's signature verified
 * by what was just obtained or known before; all of them or none. A left says in a sentence why not.
 */
export const read = (
  answer: Answer,
  account: Account,
  known: ReadonlyArray<Keys.Certificate>,
  nowMillis: number
): Either.Either<ReadonlyArray<Keys.Certificate>, string> =>
  Either.gen(function* () {
    if (answer.status !== 200) return yield* Either.left(`WeChat Pay answered HTTP ${answer.status}.`)
    const { data } = yield* Either.mapLeft(decode(answer.text), () => "The answer is no list of certificates.")
    const secret = Redacted.value(account.apiV3Key)
    const found = yield* Either.all(
      data.map(({ encrypt_certificate: sealed }) => Either.flatMap(Signing.open(sealed, secret), Keys.certificate))
    )
    yield* isSigned(answer, account, [...known, ...found], nowMillis)
    return found
  })
