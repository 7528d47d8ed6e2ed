const ansi = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g")

/** What the help of options says of their kind, which their names say, too. */
const kinds =
  /^ {2}(?:A user-defined piece of text\.|A true or false value\.|An integer\.|One of the following: .*|This setting is optional\.|This option may be repeated zero or more times\.|This argument is optional\.)$/

const widest = 28

/** A line of a list of commands: `  - orders show [--json] <number>   about`, as name and what it does. */
const command = (line: string): readonly [string, string] | null => {
  const [, usage, about] = /^ {2}- (\S.*?) {2,}(\S.*)$/.exec(line) ?? []
  if (usage === undefined || about === undefined) return null
  const [name = usage] = usage.split(/ (?=[[(<-])/)
  return [name, about.replace(/\s*Example: .*$/, "")]
}

/** Blank lines between the paragraphs, never two. */
const squeezed = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.filter((line, index) => line !== "" || (index > 0 && lines[index - 1] !== ""))

const written = (line: string, path: ReadonlyArray<string>): string => {
  const listed = command(line)
  if (listed !== null) return `  ${listed[0].padEnd(widest)}  ${listed[1]}`
  const usage = /^\$ (\S+)(.*)$/.exec(line)
  return usage === null ? line : `  ${["payment-proxy", ...path].join(" ")}${usage[2]}`
}

/** Help as it is read best: narrow, with the whole command in its usage, and without what goes without saying; `path` is what was typed. */
export const tidied = (text: string, typed: ReadonlyArray<string>): string => {
  const plain = text.replaceAll(ansi, "")
  if (!/^USAGE$/m.test(plain)) return plain
  const lines = plain.split("\n").map((line) => line.trimEnd())
  const named = /^\$ (\S+)/m.exec(plain)?.[1]
  const words = typed.filter((word) => !word.startsWith("-"))
  const path = named === undefined || named === "payment-proxy" ? [] : words.slice(0, words.lastIndexOf(named) + 1)
  const kept = lines.filter((line) => !kinds.test(line)).map((line) => written(line, path))
  return squeezed(kept.filter((line, index) => !(line === "" && /^ {2}\S/.test(kept[index + 1] ?? "") && /^ {2}\S/.test(kept[index - 1] ?? ""))))
    .join("\n")
    .trim()
}
