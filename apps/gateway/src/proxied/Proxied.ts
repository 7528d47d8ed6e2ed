import { ReverseProxy } from "@payment-proxy/proxy"
import { Context, Layer } from "effect"

/** The proxied routes of this gateway, as they are now. */
export class Proxied extends Context.Tag("@payment-proxy/gateway/Proxied")<Proxied, ReverseProxy.Proxy>() {}

/** No routes, until some are given. */
export const layer: Layer.Layer<Proxied> = Layer.scoped(Proxied, ReverseProxy.make)
