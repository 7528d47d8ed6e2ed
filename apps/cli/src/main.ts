import { createInterface } from "node:readline"
import { Writable } from "node:stream"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Cause, Console, Effect, Layer, Logger, LogLevel, Redacted } from "effect"
import * as Commands from "./Commands.ts"
import { Environment } from "./Layers.ts"
import { Output } from "./Leaf.ts"

const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true
const write = (text: string) => Effect.sync(() => void process.stderr.write(text))
/** Whether a line of progress stands there, which the next line takes the place of. */
let isOpen = false
const message = (text: string) =>
  Effect.suspend(() => {
    const cleared = isOpen ? "\r\u001b[2K" : ""
    isOpen = false
    return write(`${cleared}${text}\n`)
  })

const progress = (text: string) =>
  isTerminal
    ? Effect.suspend(() => {
        isOpen = true
        return write(`\r\u001b[2K${text}`)
      })
    : message(text)

const confirm = (question: string) =>
  Effect.async<boolean>((resume) => {
    const asking = createInterface({ input: process.stdin, output: process.stderr })
    asking.on("close", () => resume(Effect.succeed(false)))
    asking.question(`${question} (yes/no) `, (answer) => {
      resume(Effect.succeed(/^y(es)?$/i.test(answer.trim())))
      asking.close()
    })
  })

/** Shows the question, and nothing of what is typed after it. */
const secret = (question: string) =>
  Effect.async<Redacted.Redacted>((resume) => {
    process.stderr.write(`${question} `)
    const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
    const asking = createInterface({ input: process.stdin, output: unseen, terminal: true })
    let typed = ""
    asking.on("close", () => {
      process.stderr.write("\n")
      resume(Effect.succeed(Redacted.make(typed)))
    })
    asking.question("", (answer) => {
      typed = answer
      asking.close()
    })
  })

const result = (text: string) =>
  Effect.suspend(() => (isOpen ? message("") : Effect.void)).pipe(Effect.zipRight(Console.log(text)))

const output = Layer.succeed(Output, Output.of({ result, message, progress, isTerminal, confirm, secret }))

let lastSaid = ""

/** Logs are for who looks after the command, not for who reads its result; what repeats itself is said once. */
const logs = Logger.replace(
  Logger.defaultLogger,
  Logger.make(({ message: said, logLevel, cause }) => {
    const [first = Cause.pretty(cause)] = Array.isArray(said) ? said : [said]
    const line = `${logLevel.label.toLowerCase()}: ${String(first)}`
    if (line === lastSaid) return
    lastSaid = line
    process.stderr.write(`${line}\n`)
  })
)

Commands.make(process.argv.slice(2)).pipe(
  Effect.provide(Layer.mergeAll(output, logs, NodeContext.layer)),
  Effect.provideService(Environment, { variables: process.env }),
  Logger.withMinimumLogLevel(LogLevel.Warning),
  Effect.flatMap((exit) => Effect.sync(() => process.exit(exit))),
  NodeRuntime.runMain({ disablePrettyLogger: true })
)
