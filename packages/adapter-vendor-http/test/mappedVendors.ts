import { Vendors } from "@payment-proxy/ports"
import { FakeVendorTokens } from "@payment-proxy/testkit"
import { Context, Effect, Layer } from "effect"
import * as VendorHttp from "../src/index.ts"
import { at } from "./mapping.ts"

const limits = { createMillis: 300, queryMillis: 300, closeMillis: 300 }

/** The vendor `platform` at `url`, by the tests' mapping with changes; its connections last as long as the scope. */
export const vendorsAt = (url: string, changes: object = {}) =>
  Effect.map(
    Layer.build(
      VendorHttp.layer({ platform: at(url, { limits, ...changes }) }).pipe(
        Layer.provide(FakeVendorTokens.layer(["platform"]))
      )
    ),
    Context.get(Vendors)
  )
