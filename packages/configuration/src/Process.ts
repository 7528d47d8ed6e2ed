import { mkdirSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, FiberSet, type Scope } from "effect"
import { load } from "./Configuration.ts"
import * as Fibers from "./Fibers.ts"
import * as Heap from "./Heap.ts"
import * as LogLines from "./LogLines.ts"

/** A file's text. */
export const fileText = (path: string) =>
  Effect.tryPromise({ try: () => readFile(path, "utf8"), catch: (cause) => new Error(String(cause)) })

/** Does this whenever the process is told to look at its files (SIGHUP), until the scope ends. */
export const onHangup = (look: Effect.Effect<void>): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const fork = yield* FiberSet.makeRuntime<never>()
    const told = () => void fork(look)
    yield* Effect.acquireRelease(
      Effect.sync(() => process.on("SIGHUP", told)),
      () => Effect.sync(() => process.off("SIGHUP", told))
    )
  })

/** The configuration that this process's environment names; its data folder is there. */
export const configured = load(process.env, fileText).pipe(
  Effect.tap(({ environment }) =>
    Effect.sync(() => mkdirSync(environment.PAYMENT_PROXY_DATA, { recursive: true, mode: 0o700 }))
  )
)

const faults = ["ConfigurationInvalid", "DatabaseUnfit", "KeyFileInvalid", "AuditKeyLost"] as const

/** Runs a process of ours until it ends or is told to; what a person can mend ends it in words, not in a stack. */
export const run = <A, E extends { readonly _tag: string; readonly message: string }>(
  main: Effect.Effect<A, E>
): void => {
  Heap.settle()
  Fibers.letGo()
  main.pipe(
    Effect.catchIf(
      ({ _tag }) => faults.some((fault) => fault === _tag),
      ({ message }) =>
        Effect.zipRight(
          Console.error(message),
          Effect.sync(() => process.exit(1))
        )
    ),
    Effect.withTracerEnabled(false),
    Effect.withScheduler(Fibers.inTurns()),
    Effect.provide(LogLines.layer),
    NodeRuntime.runMain({ disablePrettyLogger: true })
  )
}
