import { randomBytes } from "node:crypto"
import { mkdtempSync } from "node:fs"
import type { Server } from "node:http"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sendJson } from "./Answers.ts"
import { isGone } from "./Body.ts"
import { Door } from "./Door.ts"
import { retryMillis } from "./Notifications.ts"
import * as OAuthServer from "./OAuth.ts"
import { Platform } from "./Platform.ts"

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
  readonly tokenSeconds?: number
  /** A token that is given ends the client's older ones. */
  readonly singleToken?: boolean
  /** Public keys of a client that signs; its id is the other's with `-jwt` behind it. */
  readonly clientJwks?: OAuthServer.Jwks
  readonly retryMillis?: ReadonlyArray<number>
}

/** A sandbox that listens. */
export interface Sandbox {
  readonly url: string
  readonly issuer: string
  readonly clientSecret: string
  readonly webhookSecret: string
  readonly close: () => Promise<void>
}

const listen = (server: Server, port: number, host: string): Promise<boolean> =>
  new Promise((done, fail) => {
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? done(false) : fail(error)))
    server.listen(port, host, () => done(true))
  })

const firstPort = 4010
const portTries = 100

/** Brings a sandbox up and answers where it listens. */
export const start = async (options: Options = {}): Promise<Sandbox> => {
  const host = options.host ?? "127.0.0.1"
  const clientSecret = options.clientSecret ?? randomBytes(24).toString("hex")
  const webhookSecret = options.webhookSecret ?? `whsec_${randomBytes(24).toString("base64")}`
  const platform = new Platform({
    folder: options.folder ?? mkdtempSync(join(tmpdir(), "payment-sandbox-")),
    merchantId: options.merchantId ?? "merchant-demo",
    webhookSecret,
    retryMillis: options.retryMillis ?? retryMillis
  })
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 60_000 })
  let isListening = await listen(server, options.port ?? firstPort, host)
  for (let port = firstPort + 1; !isListening && options.port === undefined && port < firstPort + portTries; port++)
    isListening = await listen(server, port, host)
  if (!isListening) throw new Error(`Port ${options.port ?? firstPort} is taken: set SANDBOX_PORT to another.`)
  const url = `http://${host}:${(server.address() as AddressInfo).port}`
  const issuer = `${url}/oauth`
  const clientId = options.clientId ?? "payment-proxy"
  const oauth = OAuthServer.make({
    issuer,
    clientId,
    clientSecret,
    tokenSeconds: options.tokenSeconds ?? 600,
    singleToken: options.singleToken ?? false,
    clientJwks: options.clientJwks
  })
  const door = new Door(platform, oauth)
  server.on("request", (request, response) => {
    door.handle(request, response).catch((error: unknown) => {
      if (isGone(error)) return
      console.error(error)
      if (!response.headersSent) sendJson(response, 500, { error: "server_error" })
    })
  })
  platform.open(url)
  const sweeping = setInterval(() => platform.sweep(), 1000)
  return {
    url,
    issuer,
    clientSecret,
    webhookSecret,
    close: () =>
      new Promise((done) => {
        clearInterval(sweeping)
        platform.close()
        server.close(() => done())
        server.closeAllConnections()
      })
  }
}
