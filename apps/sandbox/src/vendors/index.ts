import type { Make } from "./Vendor.ts"

/** How vendors are loaded, by their names, in the order in which they come up. */
export interface Makers {
  readonly [name: string]: () => Promise<Make>
}

/** The vendors that the sandbox can play; each is loaded when it is asked for. One is added by its line, like `wechatpay: async () => (await import("./wechatpay/index.ts")).make`. */
export const makers: Makers = {
  wechatpay: async () => (await import("./wechatpay/index.ts")).make,
  alipay: async () => (await import("./alipay/index.ts")).make,
  mpgs: async () => (await import("./mpgs/index.ts")).make,
  paypal: async () => (await import("./paypal/index.ts")).make
}
