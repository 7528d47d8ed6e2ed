import type { Make } from "./Vendor.ts"

/** How each vendor that the sandbox can play is loaded, by its name, in the order in which they come up. A vendor is added by one line, e.g. `paypal: async () => (await import("./paypal/index.ts")).make`. */
export const makers: { readonly [name: string]: () => Promise<Make> } = {}
