import { InDoubt, type Mapping, Mappings } from "@payment-proxy/ports"
import { Either, Layer, Option } from "effect"
import * as Answers from "./mapped/answers.ts"
import type { MappedConfig } from "./mapped/config.ts"
import { heard } from "./mapped/heard.ts"
import { order } from "./mapped/order.ts"
import { faultsOf } from "./mapped/passing.ts"
import { recognise, templatesOf } from "./mapped/paths.ts"
import * as Stored from "./mapped/stored.ts"

export { type Fault, faultsOf } from "./mapped/passing.ts"

/** One vendor's own API, read by its mapping. */
const mappingOf = (vendor: string, config: MappedConfig): Mapping => {
  const templates = templatesOf(config)
  const [create] = templates
  const limits = {
    create: config.limits.createMillis,
    query: config.limits.queryMillis,
    close: config.limits.closeMillis
  }
  return {
    vendor,
    operations: templates.map(({ operation, method, path }) => ({ operation, method, path })),
    maxBodyBytes: config.proxied.maxBodyBytes,
    limitMillis: (operation) => limits[operation],
    recognise: (method, path, query) => recognise(templates, method, path, query),
    order: (call) => order(call, create, config),
    prepared: Stored.ofCall,
    said: (operation, answer, payment) => {
      const { head, text } = heard(answer)
      const isUnread = Either.isLeft(text) && head.status !== 401
      return isUnread
        ? Either.left(new InDoubt({ detail: `The vendor answered HTTP ${head.status}. ${text.left}` }))
        : Answers.read({ ...head, text: Either.getOrElse(text, () => "") }, payment, operation, config)
    }
  }
}

/** The mappings of `configs`, by vendor's name; without those that `faultsOf` finds fault with. */
export const make = (configs: { readonly [vendor: string]: MappedConfig }) => {
  const mappings = new Map(
    Object.entries(configs).flatMap(([name, config]) =>
      faultsOf(config).length === 0 ? [[name, mappingOf(name, config)] as const] : []
    )
  )
  return Mappings.of({ of: (vendor) => Option.fromNullable(mappings.get(vendor)) })
}

/** `make` as a layer. */
export const layer = (configs: { readonly [vendor: string]: MappedConfig }): Layer.Layer<Mappings> =>
  Layer.succeed(Mappings, make(configs))
