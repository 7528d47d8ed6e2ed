import { fromEnvironment, SettingsInvalid } from "./Settings.ts"
import * as Shop from "./Shop.ts"

const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

process.stdout.on("error", () => undefined)
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0))

try {
  const { url, webhooks } = await Shop.start(fromEnvironment(process.env), ({ type, payOrderNo, version }) =>
    print({ event: type, payOrderNo, version })
  )
  print({ ready: true, url, webhooks })
} catch (error) {
  process.stderr.write(`${error instanceof SettingsInvalid ? error.message : String(error)}\n`)
  process.exit(1)
}
