import { createPrivateKey, createPublicKey } from "node:crypto"
import { account, decimal, type Given, type Said } from "../src/vendors/Given.ts"
import { check, type Steps } from "../src/vendors/Steps.ts"

/** What is used here of the vendor's own library. */
interface Sdk {
  readonly config: object
  readonly sdkExecute: (method: string, said: object) => string
  readonly checkNotifySignV2: (form: object) => boolean
  /** Throws where it does not take the answer. */
  readonly checkResponseSign: (text: string, name: string, sign: string, traceId: string) => void
}

/** Its sources do not pass our compiler: it is looked up when it is needed. */
const library: string = "alipay-sdk"

const hourMillis = 3_600_000
const method = "alipay.trade.precreate"

/**
 * alipay-sdk, tuned: it would read its keys from PEM at every signature, so it gets them as what Node made of them. What its
 * `exec` does before and after HTTP, by its own functions, as that cannot be answered from memory.
 */
export const steps = async ({ ours, theirs, alipay, nowMillis }: Given): Promise<Steps> => {
  const { AlipaySdk } = (await import(library)) as { readonly AlipaySdk: new (settings: object) => Sdk }
  const sdk = new AlipaySdk({
    appId: account.appId,
    privateKey: ours.privateKey,
    keyType: "PKCS8",
    alipayPublicKey: theirs.publicKey
  })
  Object.assign(sdk.config, {
    privateKey: createPrivateKey(ours.privateKey),
    alipayPublicKey: createPublicKey(theirs.publicKey)
  })
  const signed = ({ no, amountMinor }: Said): string =>
    sdk.sdkExecute(method, {
      notify_url: account.notifyUrl,
      bizContent: {
        out_trade_no: no,
        total_amount: decimal(amountMinor),
        subject: account.description,
        product_code: "QR_CODE_OFFLINE",
        time_expire: new Date(nowMillis + 8.25 * hourMillis).toISOString().slice(0, 19).replace("T", " ")
      }
    })
  const verified = ({ no, answer: { body } }: Said): void => {
    const { sign, alipay_trade_precreate_response: response } = JSON.parse(body)
    sdk.checkResponseSign(body, "alipay_trade_precreate_response", sign, "")
    check(response.out_trade_no === no, "An answer")
  }
  return {
    "alipay.sign": (index) => {
      const said = alipay[index]
      return said === undefined ? "" : signed(said)
    },
    "alipay.verify": (index) => {
      const said = alipay[index]
      if (said !== undefined) verified(said)
    },
    "alipay.create": (index) => {
      const said = alipay[index]
      if (said === undefined) return
      signed(said)
      verified(said)
    },
    "alipay.notification": (index) => {
      const said = alipay[index]
      if (said === undefined) return
      const form = Object.fromEntries(new URLSearchParams(said.notification.body))
      check(sdk.checkNotifySignV2(form), "A notification")
    }
  }
}
