import type { Plugin } from "vite"

/** Answers of the API from samples, to see and develop the pages without a gateway. */
export const fake = (): Plugin => ({ name: "fake-admin" })
