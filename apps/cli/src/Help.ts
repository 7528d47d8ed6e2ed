const ansi = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g")

/** What the help of options says of their kind, which their names say, too. */
const kinds =
  /^ {2}(?:A user-defined piece of text\.|A true or false value\.|An integer\.|One of the following: .*|This (?:setting|argument) is optional\.|This option may be repeated zero or more times\.)$/

const nameWidth = 24
const maxWidth = 100

/** A text in lines of at most `maxWidth`, those after the first by `indent`. */
const wrapped = (text: string, indent: string): string => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.trim().split(" ")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > maxWidth) {
      lines.push(line)
      line = word
    } else line = line === "" ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${indent}`)
}

/** A line of a list of commands (`  - orders show [--json] <number>   about`) as name and what it does; null for any other. */
const command = (line: string): string | null => {
  const [, usage = "", about] = /^ {2}- (\S.*?) {2,}(\S.*)$/.exec(line) ?? []
  if (about === undefined) return null
  const [full = usage] = usage.split(/ (?=[[(<-])/)
  // A group within a group is named twice.
  const name = full.replace(/^(\S+) \1 /, "$1 ")
  return `  ${name.padEnd(nameWidth)}  ${wrapped(about, " ".repeat(nameWidth + 4))}`
}

const usage = (line: string, path: ReadonlyArray<string>): string =>
  line.replace(/^\$ \S+(.*)$/, (_, rest: string) => wrapped(["payment-proxy", ...path].join(" ") + rest, "    "))

/** The path of the command whose help it is: the words that were typed, up to its name. */
const pathOf = (plain: string, typed: ReadonlyArray<string>): ReadonlyArray<string> => {
  const name = /^\$ (\S+)/m.exec(plain)?.[1]
  const words = typed.filter((word) => !word.startsWith("-"))
  return name === undefined || name === "payment-proxy" ? [] : words.slice(0, words.lastIndexOf(name) + 1)
}

const commandsOf = (lines: ReadonlyArray<string>): ReadonlyArray<string> => lines.flatMap((line) => command(line) ?? [])

const isIndented = (line: string | undefined): boolean => line !== undefined && /^ {2}\S/.test(line)

/** No two blank lines after each other, and none before what belongs to the line above. */
const squeezed = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.filter((line, index) => line !== "" || (lines[index - 1] !== "" && !isIndented(lines[index + 1])))

/** Help as it is read best: narrow, with the whole command in its usage, and without what goes without saying; `typed` is what was asked. */
export const tidied = (text: string, typed: ReadonlyArray<string>): string => {
  const plain = text.replaceAll(ansi, "")
  if (!/^USAGE$/m.test(plain)) return plain.trimEnd()
  const path = pathOf(plain, typed)
  const lines = plain.split("\n").map((line) => line.trimEnd())
  const at = lines.indexOf("COMMANDS")
  const head = (at < 0 ? lines : lines.slice(0, at))
    .filter((line) => !kinds.test(line))
    .map((line) =>
      line.startsWith("$ ") ? usage(line, path) : wrapped(line, "").replace(/^/, line.match(/^ */)?.[0] ?? "")
    )
  const commands = at < 0 ? [] : ["COMMANDS", ...commandsOf(lines.slice(at))]
  return [...squeezed(head.slice(head.indexOf("USAGE"))), ...commands].join("\n").trim()
}
