import { mkdirSync } from "node:fs"
import { ValidationError } from "@effect/cli"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Environment } from "@payment-proxy/configuration"
import { Console, Effect, Layer, Logger, LogLevel, Schema } from "effect"
import * as Commands from "./Commands.ts"
import * as Failed from "./Failed.ts"
import * as Layers from "./Layers.ts"
import { Output } from "./Leaf.ts"

const output = Layer.succeed(
  Output,
  Output.of({ result: Console.log, message: Console.error, isTerminal: process.stderr.isTTY === true })
)

/** Logs are for who looks after the command, not for who reads its result. */
const logs = Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.stringLogger))

const ended = (exit: number) => Effect.sync(() => process.exit(exit))

const told = ({ exit, code, detail }: Failed.Failed) =>
  Effect.zipRight(Console.error(`${code}: ${detail}`), ended(exit))

/** The stores that the environment names; the data folder is made where it is not there. */
const stores = Layer.unwrapEffect(
  Effect.gen(function* () {
    const environment = yield* Schema.decodeUnknown(Environment)(process.env)
    mkdirSync(environment.PAYMENT_PROXY_DATA, { recursive: true, mode: 0o700 })
    return Layers.stores(environment)
  })
)

Commands.make({ stores })(process.argv).pipe(
  Effect.catchIf(ValidationError.isValidationError, () => ended(Failed.exits.usage)),
  Effect.catchAll((failure) => told(Failed.of(failure))),
  Effect.provide(Layer.mergeAll(output, logs, NodeContext.layer)),
  Logger.withMinimumLogLevel(LogLevel.Warning),
  NodeRuntime.runMain({ disablePrettyLogger: true })
)
