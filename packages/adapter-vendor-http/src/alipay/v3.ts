import type { Keys } from "./keys.ts"
import * as Signing from "./signing.ts"

/** A request of Alipay's v3 API; `path` with its query, `body` empty where there is none. */
export interface Request {
  readonly method: "GET" | "POST"
  readonly path: string
  readonly body: string
}

/** What is said beside a request in its signature: by whom, once, and when. */
export interface Proof {
  readonly appId: string
  readonly nonce: string
  readonly atMillis: number
}

const said = ({ appId, nonce, atMillis }: Proof, { numbers }: Keys): string =>
  [
    `app_id=${appId}`,
    ...(numbers === null ? [] : [`app_cert_sn=${numbers.appSn}`]),
    `nonce=${nonce}`,
    `timestamp=${atMillis}`
  ].join(",")

/** The header `authorization` of a v3 request (vendors' reference §2i). */
export const authorization = ({ method, path, body }: Request, proof: Proof, keys: Keys): string => {
  const beside = said(proof, keys)
  return `ALIPAY-SHA256withRSA ${beside},sign=${Signing.sign(`${beside}\n${method}\n${path}\n${body}\n`, keys)}`
}

/** Whether Alipay signed a v3 answer, by its headers in lower case and its body as it came; in certificate mode by the configured certificate. */
export const isVerified = (
  headers: { readonly [name: string]: string | undefined },
  body: string,
  keys: Keys,
  nowMillis: number
): boolean => {
  const { "alipay-timestamp": timestamp, "alipay-nonce": nonce, "alipay-signature": signature } = headers
  if (timestamp === undefined || nonce === undefined || signature === undefined) return false
  const sn = headers["alipay-sn"]
  const isOther = keys.numbers !== null && sn !== undefined && sn !== keys.numbers.alipaySn
  return (
    !isOther && Signing.holds(keys, nowMillis) && Signing.verify(`${timestamp}\n${nonce}\n${body}\n`, signature, keys)
  )
}
