// Makes the files of a further vendor: its adapter, the tests of canned answers, and the contract suite that fails until it is written.
// pnpm new:vendor NAME [--root FOLDER]
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { root as ourRoot } from "./tools.mjs"

const fail = (message) => {
  console.error(message)
  process.exit(1)
}

const [name, ...options] = process.argv.slice(2)
const root = options[0] === "--root" && options[1] !== undefined ? options[1] : ourRoot
if (name === undefined || !/^[a-z][a-z0-9]{1,31}$/.test(name))
  fail(
    "Name the vendor: pnpm new:vendor NAME, where NAME is 2 to 32 of a-z and 0-9 and begins with a letter, such as stripe."
  )

if (
  [
    "effect",
    "schema",
    "scope",
    "fault",
    "kind",
    "kinds",
    "needs",
    "placed",
    "vendor",
    "mapped",
    "layer",
    "option",
    "stream",
    "http",
    "mappings",
    "tls",
    "configs"
  ].includes(name)
)
  fail(`${name} is a word of the house: take another name, such as ${name}pay.`)

const adapter = join(root, "packages/adapter-vendor-http")
const kindsFile = join(adapter, "src/Kinds.ts")
const indexFile = join(adapter, "src/index.ts")
const entriesFile = join(root, "packages/configuration/src/VendorEntry.ts")
const Name = name[0].toUpperCase() + name.slice(1)

for (const folder of [join(adapter, "src", name), join(adapter, "test", name)])
  if (existsSync(folder)) fail(`${folder} is there already: nothing was changed. Take another name, or delete it.`)

/** A file with a line more behind the first that matches; the place has to be there, or the house has changed. */
const withLine = (text, file, place, line) => {
  const found = place.exec(text)
  if (found === null) fail(`${file} has no place for a further kind (${place}): nothing was changed.`)
  const end = found.index + found[0].length
  return `${text.slice(0, end)}${line}${text.slice(end)}`
}

const edited = (file, ...edits) =>
  edits.reduce((text, [place, line]) => withLine(text, file, place, line), readFileSync(file, "utf8"))

// All that could fail is done before the first file is written.
const kinds = edited(
  kindsFile,
  [/import type \{ Effect, Schema, Scope \} from "effect"\n/, `import * as ${Name} from "./${name}/index.ts"\n`],
  [/export const kinds = \{\n/, `  ${name}: ${Name}.kind,\n`]
)
const index = edited(indexFile, [
  /import type \{ Placed, Vendor \} from "\.\/Vendor\.ts"\n\n?/,
  `export { ${Name}Config } from "./${name}/config.ts"\n`
])
const entries = edited(
  entriesFile,
  [/import \{\n/, `  ${Name}Config,\n`],
  [/export const VendorEntry = Schema\.Union\(\n/, `  Schema.Struct({ ...${Name}Config.fields, tls }),\n`]
)

const templates = join(ourRoot, "scripts/new-vendor")
const written = []
const write = (file, text) => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  written.push(file.slice(root.length + 1))
}
for (const part of ["src", "test"])
  for (const template of readdirSync(join(templates, part))) {
    const text = readFileSync(join(templates, part, template), "utf8")
      .replaceAll("__Name__", Name)
      .replaceAll("__name__", name)
    write(join(adapter, part, name, template.replace(/\.template$/, "")), text)
  }
write(kindsFile, kinds)
write(indexFile, index)
write(entriesFile, entries)

console.log(`${Name} is there:

${written.map((file) => `  ${file}`).join("\n")}

Next, in this order (docs/vendors.md walks through it):
  1. npx pnpm format
  2. config.ts, signing.ts, evidence.ts, answers.ts, requests.ts, notification.ts, index.ts: the vendor's own settings, signatures, words and codes, with a canned answer for each in test/${name}/answers.test.ts.
  3. The sandbox plays the vendor: apps/sandbox/src/vendors/${name}/, one line in apps/sandbox/src/vendors/index.ts.
  4. npx pnpm --filter @payment-proxy/adapter-vendor-http test ${name}: the contract fails until both are right.
  5. docs/vendors.md: a section that names every setting (a test of packages/configuration fails until it is there).
To take it back: delete the two folders, and its lines in the three files.
`)
