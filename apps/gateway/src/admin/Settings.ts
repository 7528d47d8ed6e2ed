import type { IncomingMessage } from "node:http"
import { HttpServer } from "@effect/platform"
import type { OperatorRole } from "@payment-proxy/ports"
import { Forwarded } from "@payment-proxy/proxy"
import { Context, Effect, Layer } from "effect"

/** What the operators' listener is told. */
export interface Options {
  /** How browsers reach it; null: where it listens. */
  readonly url: string | null
  /** Addresses of proxies whose word is taken for whom they ask. */
  readonly trusted: () => ReadonlyArray<string>
  /** What groups of the company's provider may do. */
  readonly groups: () => Readonly<Record<string, OperatorRole>>
}

/** How the operators' listener is reached. */
export class Settings extends Context.Tag("@payment-proxy/gateway/admin/Settings")<
  Settings,
  {
    /** Without a slash at its end. */
    readonly url: string
    /** Browsers come by https. */
    readonly isSecure: boolean
    /** The origins that a page of ours can have. */
    readonly origins: ReadonlySet<string>
    /** The network address that a request comes from. */
    readonly addressOf: (request: IncomingMessage) => string
    readonly groups: Options["groups"]
  }
>() {}

const addressing = (trusted: Options["trusted"]) => {
  let known = trusted()
  let client = Forwarded.client(known)
  return (request: IncomingMessage): string => {
    const now = trusted()
    if (now !== known) {
      known = now
      client = Forwarded.client(now)
    }
    return client(request)
  }
}

/** What a listener of this machine is called by browsers of this machine. */
const namesOf = (hostname: string): ReadonlyArray<string> =>
  /^(?:127\.|::1$|localhost$)/.test(hostname) ? ["127.0.0.1", "localhost", "[::1]"] : [hostname]

/** How the listener is reached that is there. */
export const layer = ({ url, trusted, groups }: Options): Layer.Layer<Settings, never, HttpServer.HttpServer> =>
  Layer.effect(
    Settings,
    HttpServer.addressWith((address) => {
      const { hostname, port } = address._tag === "TcpAddress" ? address : { hostname: "localhost", port: 0 }
      const origins = url === null ? namesOf(hostname).map((name) => `http://${name}:${port}`) : [new URL(url).origin]
      return Effect.succeed(
        Settings.of({
          url: url === null ? `http://${hostname}:${port}` : new URL(url).origin,
          isSecure: url?.startsWith("https:") === true,
          origins: new Set(origins),
          addressOf: addressing(trusted),
          groups
        })
      )
    })
  )
