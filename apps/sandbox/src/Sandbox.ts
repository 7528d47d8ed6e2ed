import { randomBytes } from "node:crypto"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Door } from "./Door.ts"
import * as Listening from "./Listening.ts"
import { retryMillis } from "./Notifications.ts"
import * as OAuthServer from "./OAuth.ts"
import { Platform } from "./Platform.ts"
import type { Makers } from "./vendors/index.ts"
import { makers } from "./vendors/index.ts"
import { Vendors } from "./vendors/Vendors.ts"

/** How to run a sandbox; what is left out is made up. */
export interface Options {
  readonly host?: string
  /** 0: the system picks; left out: 4010, or the next that is free. */
  readonly port?: number
  readonly folder?: string
  readonly clientId?: string
  readonly clientSecret?: string
  readonly webhookSecret?: string
  readonly merchantId?: string
  /** What the platform's cashier calls the merchant; left out: as the id. */
  readonly merchantName?: string
  /** Of the client with which a console's operators sign in, `<clientId>-console`. */
  readonly consoleSecret?: string
  readonly tokenSeconds?: number
  /** A token that is given ends the client's older ones. */
  readonly singleToken?: boolean
  /** Public keys of a client that signs; its id is the other's with `-jwt` behind it. */
  readonly clientJwks?: OAuthServer.Jwks
  readonly retryMillis?: ReadonlyArray<number>
  /** The vendors that are up beside the platform; left out: none. */
  readonly vendors?: ReadonlyArray<string>
  /** More vendors that can be up. */
  readonly makers?: Makers
}

/** A sandbox that listens. */
export interface Sandbox {
  readonly url: string
  readonly issuer: string
  readonly clientSecret: string
  readonly webhookSecret: string
  /** Where each vendor listens. */
  readonly vendors: { readonly [name: string]: string }
  /** What each vendor's merchant console hands out. */
  readonly credentials: { readonly [name: string]: Record<string, unknown> }
  readonly close: () => Promise<void>
}

const firstPort = 4010

/** Brings a sandbox up and answers where it listens. */
export const start = async (options: Options = {}): Promise<Sandbox> => {
  const host = options.host ?? "127.0.0.1"
  const clientSecret = options.clientSecret ?? randomBytes(24).toString("hex")
  const webhookSecret = options.webhookSecret ?? `whsec_${randomBytes(24).toString("base64")}`
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "payment-sandbox-"))
  const platform = new Platform({
    folder,
    merchantId: options.merchantId ?? "merchant-demo",
    merchantName: options.merchantName,
    webhookSecret,
    retryMillis: options.retryMillis ?? retryMillis
  })
  const listening = await Listening.listen(
    host,
    options.port === undefined ? Listening.from(firstPort) : [options.port]
  )
  if (listening === undefined)
    throw new Error(`Port ${options.port ?? firstPort} is taken: set SANDBOX_PORT to another.`)
  const { url } = listening
  const issuer = `${url}/oauth`
  const clientId = options.clientId ?? "payment-proxy"
  const oauth = OAuthServer.make({
    issuer,
    clientId,
    clientSecret,
    tokenSeconds: options.tokenSeconds ?? 600,
    singleToken: options.singleToken ?? false,
    clientJwks: options.clientJwks,
    consoleSecret: options.consoleSecret ?? randomBytes(24).toString("hex")
  })
  const vendors = await Vendors.open({
    names: options.vendors ?? [],
    makers: { ...makers, ...options.makers },
    folder,
    host,
    ports: options.port === 0 ? [0] : Listening.from(listening.port + 1),
    platform
  }).catch(async (error: unknown) => {
    platform.close()
    await listening.close()
    throw error
  })
  const door = new Door(platform, oauth, vendors)
  listening.serve((request, response) => door.handle(request, response))
  platform.open(url)
  const sweeping = setInterval(() => {
    platform.sweep()
    vendors.sweep()
  }, 1000)
  return {
    url,
    issuer,
    clientSecret,
    webhookSecret,
    vendors: vendors.urls,
    credentials: vendors.credentials,
    close: async () => {
      clearInterval(sweeping)
      const closing = [vendors.close(), listening.close()]
      platform.close()
      await Promise.all(closing)
    }
  }
}
