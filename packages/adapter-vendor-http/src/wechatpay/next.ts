import type { Payment, Words } from "@payment-proxy/domain"
import { Either, Schema } from "effect"
import { returnUrl } from "../Vendor.ts"
import type { Account } from "./account.ts"
import { scenes } from "./requests.ts"
import { message, type Stamp, sign } from "./signing.ts"

const Text = Schema.String.pipe(Schema.nonEmptyString(), Schema.maxLength(2048))
const Prepay = Schema.parseJson(Schema.Struct({ prepay_id: Text.pipe(Schema.pattern(/^[!-~]+$/)) }))
const Native = Schema.parseJson(Schema.Struct({ code_url: Text }))
const H5 = Schema.parseJson(Schema.Struct({ h5_url: Text }))

const decodePrepay = Schema.decodeUnknownEither(Prepay)
const decodeNative = Schema.decodeUnknownEither(Native)
const decodeH5 = Schema.decodeUnknownEither(H5)

type Source = Payment.Payment["source"]

/** What a page or a mini program hands to WeChat, signed (vendors' reference §1b); a mini program's has no app id. */
const pageParameters = (prepayId: string, source: Source, { appidOf, key }: Account, { timestamp, nonce }: Stamp) => {
  const packed = `prepay_id=${prepayId}`
  const appId = appidOf(source)
  return {
    ...(source === "MINI_PROGRAM" ? {} : { appId }),
    timeStamp: timestamp,
    nonceStr: nonce,
    package: packed,
    signType: "RSA",
    paySign: sign(message([appId, timestamp, nonce, packed]), key)
  }
}

/** What an app hands to the WeChat SDK, signed; Android names `package` `packageValue`. */
const appParameters = (prepayId: string, account: Account, { timestamp, nonce }: Stamp) => {
  const appid = account.appidOf("APP")
  return {
    appid,
    partnerid: account.mchid,
    prepayid: prepayId,
    package: "Sign=WXPay",
    noncestr: nonce,
    timestamp,
    sign: sign(message([appid, timestamp, nonce, prepayId]), account.key)
  }
}

const isWebAddress = (url: string): boolean => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)

const withReturn = (url: string, payment: Payment.Payment, { placed }: Account): string =>
  `${url}${url.includes("?") ? "&" : "?"}redirect_url=${encodeURIComponent(returnUrl(placed, payment))}`

/** What the payer needs next, by the answer to a create; what is signed in it is signed by `now`. A left says what is missing. */
export const read = (
  text: string,
  payment: Payment.Payment,
  account: Account,
  now: Stamp
): Either.Either<Words.Next, string> => {
  switch (scenes[payment.source]) {
    case "native":
      return Either.mapBoth(decodeNative(text), {
        onLeft: () => "The answer has no code_url.",
        onRight: ({ code_url }) => ({ type: "qr", content: code_url })
      })
    case "h5":
      return Either.filterOrLeft(
        decodeH5(text),
        ({ h5_url }) => isWebAddress(h5_url),
        () => null
      ).pipe(
        Either.mapBoth({
          onLeft: () => "The answer has no h5_url.",
          onRight: ({ h5_url }) => ({ type: "redirect", url: withReturn(h5_url, payment, account) })
        })
      )
    default:
      return Either.mapBoth(decodePrepay(text), {
        onLeft: () => "The answer has no prepay_id.",
        onRight: ({ prepay_id }) => ({
          type: "app",
          parameters:
            payment.source === "APP"
              ? appParameters(prepay_id, account, now)
              : pageParameters(prepay_id, payment.source, account, now)
        })
      })
  }
}
