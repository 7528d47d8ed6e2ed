import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Bindings, steps, words } from "./page.ts"
import { type Kind, openSandbox, root, run } from "./world.ts"

const file = join(root, "docs/cli.md")
const page = readFileSync(file, "utf8")
/** `CLI_PAGE=write`: puts what the commands show into the page, to be looked at and committed. */
const isWritten = process.env["CLI_PAGE"] === "write"

let world: Awaited<ReturnType<typeof openSandbox>>
beforeAll(async () => {
  world = await openSandbox()
})
afterAll(() => world.dispose())

/** A file that a command writes or reads lies in the data folder of its world. */
const filed = (data: string, args: ReadonlyArray<string>) =>
  args.map((arg) => (arg === "heads.jsonl" ? join(data, arg) : arg))

const bindings = new Bindings()
const outputs: Array<string> = []
const written: Array<{ readonly at: number; readonly until: number; readonly text: string }> = []

describe.sequential("docs/cli.md: each command does and shows what the page says", () => {
  for (const step of steps(page)) {
    if (step.type === "order")
      it(`(an order: ${step.kind})`, async () => {
        bindings.bind(step.number, await world.order(step.kind as Kind))
      })
    else if (step.type === "later") it("(two minutes later)", () => world.later())
    else
      it(step.line, async () => {
        if (isWritten) bindings.guess(step.line, outputs)
        const { variables, args } = words(bindings.actual(step.line))
        const data = world.variables.PAYMENT_PROXY_DATA
        const all = (await run({ ...world.variables, ...variables }, filed(data, args))).all
          .replaceAll(`${data}/heads`, "heads")
          .replaceAll(root, "")
          .replaceAll("\r", "")
        outputs.push(all)
        if (isWritten) written.push({ at: step.at, until: step.until, text: all })
        else if (!bindings.matches(step.shown, all)) expect(all).toBe(bindings.actual(step.shown))
      })
  }

  it("has every command", async () => {
    const help = (await run(world.variables, ["--help"])).result
    const commands = help.slice(help.indexOf("COMMANDS")).matchAll(/^ {2}(\S.*?) {2,}/gm)
    const all = [...commands].map(([, name = ""]) => name)
    const leaves = all.filter((name) => !all.some((other) => other.startsWith(`${name} `)))
    const shown = steps(page).flatMap((step) => (step.type === "command" ? [words(step.line).args.join(" ")] : []))
    expect(leaves.filter((name) => !shown.some((line) => `${line} `.startsWith(`${name} `)))).toEqual([])
  })
})

describe.sequential("with --json, each command of the page writes one JSON document, or nothing where it is refused", () => {
  let other: Awaited<ReturnType<typeof openSandbox>>
  const known = new Bindings()
  const seen: Array<string> = []
  beforeAll(async () => {
    other = await openSandbox()
  })
  afterAll(() => other.dispose())

  it("and ends as the page says", async () => {
    for (const step of steps(page)) {
      if (step.type === "later") other.later()
      else if (step.type === "order") known.bind(step.number, await other.order(step.kind as Kind))
      else {
        known.guess(step.line, seen)
        const { variables, args } = words(known.actual(step.line))
        const { exit, result, said } = await run(
          { ...other.variables, ...variables },
          filed(other.variables.PAYMENT_PROXY_DATA, args.includes("--json") ? args : [...args, "--json"])
        )
        seen.push(result, said)
        const [, code] = /^([A-Z_]+): /.exec(step.shown) ?? []
        const ended = [exit > 0, said.includes(`${code}: `)]
        expect(ended, step.line).toEqual([code !== undefined, code !== undefined])
        if (exit === 0) expect(JSON.parse(result), step.line).toBeTypeOf("object")
      }
    }
  })
})

afterAll(() => {
  if (!isWritten) return
  const lines = page.split("\n")
  for (const { at, until, text } of written.toReversed())
    lines.splice(
      at,
      until - at,
      ...(text === "" ? [] : bindings.onPage(text).split("\n")),
      ...(lines[until]?.startsWith("$ ") ? [""] : [])
    )
  writeFileSync(file, lines.join("\n"))
})
