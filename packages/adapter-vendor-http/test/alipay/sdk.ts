import { Socket } from "node:net"

/** What is used here of the vendor's own library for Node. */
interface Sdk {
  readonly config: { readonly gateway: string; readonly alipayCertSn: string }
  readonly exec: (method: string, said: object, options: object) => Promise<object>
  readonly pageExecute: (method: string, how: "GET", said: object) => string
  readonly sdkExecute: (method: string, said: object) => string
  readonly checkNotifySignV2: (form: object) => boolean
  /** Throws where it does not take the answer. */
  readonly checkResponseSign: (text: string, name: string, sign: string, traceId: string) => void
}

/** Its sources do not pass our compiler: it is looked up while the tests run. */
const library: string = "alipay-sdk"

// Its HTTP client writes itself into the errors of every socket of the process, and the other tests' sockets are not its own.
const { destroy } = Socket.prototype
export const { AlipaySdk } = (await import(library)) as { readonly AlipaySdk: new (settings: object) => Sdk }
Socket.prototype.destroy = destroy
