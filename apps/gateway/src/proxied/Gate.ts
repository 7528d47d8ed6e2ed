import type { Apps } from "@payment-proxy/ports"
import { Filter, Headers, type Message, Refusal } from "@payment-proxy/proxy"
import { type Context, Effect } from "effect"
import * as AppKey from "../AppKey.ts"
import { refusalOf } from "../Problems.ts"

/** The header that an app may prove itself with, where `Authorization` is meant for the vendor. */
export const keyHeader = "payment-proxy-key"

const isOurs = /^bearer +pp_(?:live|test)_/i

/** A request without our keys, in whichever line they stand. */
const keyless = (request: Message.Request): Message.Request => {
  const isKey = isOurs.test(Headers.get(request.headers, "authorization") ?? "")
  return { ...request, headers: Headers.without(request.headers, keyHeader, ...(isKey ? ["authorization"] : [])) }
}

/** Lets anyone through. A key of ours goes no further. */
const anyone = Filter.ofHead(keyless)

/**
 * An app proves itself with its key in `Payment-Proxy-Key`, or in `Authorization: Bearer` as everywhere; the line with the key
 * ends here, and an `Authorization` beside it goes on, unless that is a key of ours, too.
 */
const apps = (context: Context.Context<Apps>): Filter.Filter => {
  const authenticate = (header: string | undefined) =>
    Effect.mapError(
      Effect.mapInputContext(AppKey.authenticate(header), (_: Context.Context<never>) => context),
      refusalOf
    )
  return {
    around: (next) => (request) => {
      const [own, second] = Headers.all(request.headers, keyHeader)
      if (second !== undefined) return Refusal.refuse("HEADER_REPEATED", `Send the header ${keyHeader} once.`)
      const proof = own === undefined ? Headers.get(request.headers, "authorization") : `Bearer ${own}`
      return Effect.flatMap(authenticate(proof), ({ id }) => next({ ...keyless(request), caller: id }))
    }
  }
}

/** What stands before a route's filters, by who may call it. */
export const all = Effect.map(Effect.context<Apps>(), (context) => ({ apps: apps(context), anyone }))
