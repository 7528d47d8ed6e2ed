import { Rejected } from "@payment-proxy/ports"
import { Effect, Either } from "effect"
import { type Kind, unable } from "../Vendor.ts"
import { AlipayConfig } from "./config.ts"

const no = new Rejected({ code: "NOT_SUPPORTED", detail: "Not yet." })

/** Alipay. */
export const kind: Kind<AlipayConfig, typeof AlipayConfig.Encoded> = {
  config: AlipayConfig,
  faultsOf: () => [],
  accountOf: ({ baseUrl }) => baseUrl,
  make: ({ name, kind, limits, settlingMillis }) =>
    Effect.succeed({
      ...unable,
      name,
      kind,
      abilities: [],
      createTimeLimitMillis: limits.createMillis,
      settlingMillis,
      graceMillis: 0,
      prepare: () => Either.right(""),
      create: () => no,
      query: () => no,
      close: () => no,
      notification: () => Effect.dieMessage("Not yet.")
    })
}
