import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Context, Effect, Layer } from "effect"

/** The sandbox as a process of its own: a platform that none of ours knows from inside. */
export class Sandbox extends Context.Tag("@payment-proxy/testkit/Sandbox")<
  Sandbox,
  {
    readonly url: string
    readonly issuer: string
    readonly clientId: string
    readonly clientSecret: string
    readonly webhookSecret: string
    /** Of the client with which operators sign in, `<clientId>-console`. */
    readonly consoleSecret: string
    readonly merchantId: string
    /** Where each of the vendors that are up listens, by name. */
    readonly vendors: { readonly [name: string]: string }
    /** What each vendor's merchant console hands out (JSON), by name. */
    readonly credentials: unknown
    /** A call of the sandbox's controls; answers its JSON. */
    readonly control: (method: "GET" | "POST" | "PUT", path: string, body?: unknown) => Effect.Effect<unknown>
  }
>() {}

/** Throwaway secrets of tests: they open nothing but a sandbox that lives as long as one test file. */
const ours = {
  clientId: "tests",
  clientSecret: "throwaway-secret-of-tests",
  webhookSecret: "whsec_dGhyb3dhd2F5IHNlY3JldCBvZiBvdXIgdGVzdHM=",
  consoleSecret: "throwaway-secret-of-tests-for-operators",
  merchantId: "merchant-tests"
}

/** Of the bundles, where a whole run of tests shares some: those start in a fraction of the time. */
const bundles = process.env["PAYMENT_PROXY_BUNDLES"]
const main =
  bundles === undefined
    ? fileURLToPath(new URL("../../../apps/sandbox/src/main.ts", import.meta.url))
    : join(bundles, "sandbox.mjs")

/** How a sandbox is to be, where not as usual. */
export interface Options {
  /** A token that is given ends the client's older ones. */
  readonly singleToken?: boolean
  /** Public keys of a client that signs; its id is the other's with `-jwt` behind it. */
  readonly clientJwks?: { readonly keys: ReadonlyArray<object> }
  readonly tokenSeconds?: number
  /** 0, as usual: the system picks. */
  readonly port?: number
  /** The vendors that are up beside the platform; none, as usual. */
  readonly vendors?: ReadonlyArray<string>
}

const settingsOf = ({ singleToken, clientJwks, tokenSeconds, port, vendors = [] }: Options) => ({
  SANDBOX_VENDORS: vendors.join(","),
  SANDBOX_PORT: String(port ?? 0),
  ...(singleToken === undefined ? {} : { SANDBOX_SINGLE_TOKEN: String(singleToken) }),
  ...(clientJwks === undefined ? {} : { SANDBOX_CLIENT_JWKS: JSON.stringify(clientJwks) }),
  ...(tokenSeconds === undefined ? {} : { SANDBOX_TOKEN_TTL_SECONDS: String(tokenSeconds) })
})

/** What a sandbox says when it is ready. */
interface Ready {
  readonly url: string
  readonly issuer: string
  readonly vendors: { readonly [name: string]: string }
}

const started = (folder: string, options: Options) =>
  Effect.async<Ready & { readonly child: ChildProcess }>((resume) => {
    const child = spawn(process.execPath, ["--conditions=source", main], {
      env: {
        ...process.env,
        ...settingsOf(options),
        SANDBOX_DATA: folder,
        SANDBOX_CLIENT_ID: ours.clientId,
        SANDBOX_CLIENT_SECRET: ours.clientSecret,
        SANDBOX_WEBHOOK_SECRET: ours.webhookSecret,
        SANDBOX_CONSOLE_SECRET: ours.consoleSecret,
        SANDBOX_MERCHANT_ID: ours.merchantId
      },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let said = ""
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000)
      process.stderr.write(chunk)
    })
    child.once("exit", (code) => resume(Effect.dieMessage(`The sandbox ended with ${code}: ${said}`)))
    createInterface({ input: child.stdout }).once("line", (line) => {
      const { url, issuer, vendors } = JSON.parse(line) as Ready
      resume(Effect.succeed({ child, url, issuer, vendors }))
    })
  })

const stop = (child: ChildProcess) =>
  Effect.async<void>((resume) => {
    child.removeAllListeners("exit")
    child.once("exit", () => resume(Effect.void))
    child.kill("SIGTERM")
  })

/** A sandbox for as long as the scope. */
export const make = (options: Options = {}) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "payment-proxy-sandbox-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
    )
    const { url, issuer, vendors } = yield* Effect.acquireRelease(started(folder, options), ({ child }) => stop(child))
    const control = (method: "GET" | "POST" | "PUT", path: string, body?: unknown) =>
      Effect.promise(() =>
        fetch(`${url}${path}`, { method, body: body === undefined ? null : JSON.stringify(body) }).then(
          (response) => response.json() as Promise<unknown>
        )
      )
    return Sandbox.of({
      url,
      issuer,
      ...ours,
      vendors,
      credentials: Object.keys(vendors).length === 0 ? {} : yield* control("GET", "/_credentials"),
      control
    })
  })

/** A sandbox for as long as the layer lives, on a port that the system picks and in a temporary folder. */
export const layer: Layer.Layer<Sandbox> = Layer.scoped(Sandbox, make())

/** `layer`, not as usual. */
export const layerWith = (options: Options): Layer.Layer<Sandbox> => Layer.scoped(Sandbox, make(options))
