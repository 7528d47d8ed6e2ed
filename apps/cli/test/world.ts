import { mkdtempSync, rmSync, statSync, utimesSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { NodeContext } from "@effect/platform-node"
import { ask, close, place, Registry, takeIn } from "@payment-proxy/application"
import { Evidence, Money } from "@payment-proxy/domain"
import { Sandbox } from "@payment-proxy/testkit"
import { Effect, Logger, LogLevel, ManagedRuntime, Redacted } from "effect"
import * as Commands from "../src/Commands.ts"
import * as Layers from "../src/Layers.ts"
import { Output } from "../src/Leaf.ts"

export const root = fileURLToPath(new URL("../../..", import.meta.url))

type Variables = { readonly [name: string]: string | undefined }

/** What a command wrote: its result, what it told people, both as they came, and what it ended with. */
export interface Ran {
  readonly exit: number
  readonly result: string
  readonly said: string
  readonly all: string
}

/** Who sits at the terminal, if anybody, and says yes to what. */
export interface Person {
  readonly says?: boolean
  readonly password?: string
}

const outputOf = (person: Person | undefined, result: Array<string>, said: Array<string>, all: Array<string>) => {
  const into = (texts: Array<string>) => (text: string) =>
    Effect.sync(() => {
      texts.push(text)
      all.push(text)
    })
  return Output.of({
    result: into(result),
    message: into(said),
    progress: (text) => Effect.sync(() => void said.push(text)),
    isTerminal: person !== undefined,
    confirm: (question) => Effect.as(into(said)(question), person?.says === true),
    secret: (question) => Effect.as(into(said)(question), Redacted.make(person?.password ?? ""))
  })
}

/** Runs a command in this process. */
export const run = async (variables: Variables, args: ReadonlyArray<string>, person?: Person): Promise<Ran> => {
  const result: Array<string> = []
  const said: Array<string> = []
  const all: Array<string> = []
  const output = outputOf(person, result, said, all)
  const console = await Effect.runPromise(Effect.consoleWith(Effect.succeed))
  const exit = await Commands.make(args).pipe(
    Effect.withConsole({
      ...console,
      log: (text: unknown) => output.result(String(text)),
      error: (text: unknown) => output.message(String(text))
    } as typeof console),
    Effect.provideService(Output, output),
    Effect.provideService(Layers.Environment, { variables }),
    Effect.provide(NodeContext.layer),
    Logger.withMinimumLogLevel(LogLevel.None),
    Effect.runPromise
  )
  return { exit, result: result.join("\n"), said: said.join("\n"), all: all.join("\n") }
}

/** A folder for a test's data, and how it goes. */
export const folder = () => {
  const path = mkdtempSync(join(tmpdir(), "payment-proxy-cli-"))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

const fen = (amountMinor: bigint) => Money.make(amountMinor, "CNY")

const paid = (captured: Money.Money, month: number) =>
  Evidence.make("paid", "notification", {
    amount: captured,
    captured,
    transactionNo: "tx-1",
    paidAtMillis: Date.UTC(2025, month, 25, 12)
  })

/** Orders in states that commands have something to do with. */
export type Kind = "open" | "paid" | "held" | "late"

/** A sandbox with its platform, and an environment whose orders are paid there. */
export const openSandbox = async () => {
  const runtime = ManagedRuntime.make(Sandbox.layer)
  const sandbox = await runtime.runPromise(Sandbox.Sandbox)
  const data = folder()
  const variables = {
    PAYMENT_PROXY_CONFIG: join(root, "payment-proxy.config.yaml"),
    PAYMENT_PROXY_DATA: data.path,
    PAYMENT_PROXY_DEVELOPMENT: "true",
    PLATFORM_URL: sandbox.url,
    PLATFORM_ISSUER: sandbox.issuer,
    PLATFORM_CLIENT_ID: sandbox.clientId,
    PLATFORM_CLIENT_SECRET: sandbox.clientSecret,
    PLATFORM_WEBHOOK_SECRET: sandbox.webhookSecret,
    PLATFORM_MERCHANT_ID: sandbox.merchantId
  }
  let serial = 0

  const placed = Effect.gen(function* () {
    serial += 1
    const { payment } = yield* place({
      app: yield* Registry.show("shop"),
      idempotencyKey: `order-${serial}`,
      fingerprint: "0".repeat(64),
      vendor: "platform",
      businessNo: `POLICY-${serial}`,
      amount: fen(1234n),
      method: "ALIPAY",
      source: "WEB",
      capture: "automatic",
      expiresIn: null,
      metadata: {},
      details: { description: "Travel insurance", returnUrl: null, payer: {} }
    })
    return payment
  })

  /** Places an order of the app `shop`, and lets happen to it what the kind says; answers its number. */
  const order = (kind: Kind): Promise<string> =>
    Effect.gen(function* () {
      const payment = yield* placed
      const { payOrderNo } = payment
      if (kind === "paid") {
        yield* sandbox.control("POST", `/_payments/${payOrderNo}/pay`)
        yield* ask(payment)
      }
      if (kind === "held") yield* takeIn(payOrderNo, paid(fen(1200n), 9))
      if (kind === "late") {
        yield* close("shop", payOrderNo)
        yield* takeIn(payOrderNo, paid(fen(1234n), 10))
      }
      return payOrderNo
    }).pipe(
      Effect.provide(Layers.whole),
      Effect.provideService(Layers.Environment, { variables }),
      Logger.withMinimumLogLevel(LogLevel.None),
      Effect.runPromise
    )

  /** Lets the key file be as if it had been changed two minutes before. */
  const later = () => {
    const file = join(data.path, "vault.key")
    const { atimeMs, mtimeMs } = statSync(file)
    utimesSync(file, atimeMs / 1000, mtimeMs / 1000 - 120)
  }

  const dispose = async () => {
    await runtime.dispose()
    data.remove()
  }
  return {
    variables,
    sandbox,
    order,
    later,
    dispose,
    run: (args: ReadonlyArray<string>, person?: Person) => run(variables, args, person)
  }
}
