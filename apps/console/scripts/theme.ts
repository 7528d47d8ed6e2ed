import { writeFileSync } from "node:fs"
import { DEFAULT_THEME, defaultCssVariablesResolver, mergeMantineTheme } from "@mantine/core"
import { theme, variables } from "../src/theme.ts"

type Variables = Readonly<Record<string, string>>

const merged = mergeMantineTheme(DEFAULT_THEME, theme)
const before = defaultCssVariablesResolver(DEFAULT_THEME)
const after = defaultCssVariablesResolver(merged)
const own = variables(merged)

const width = 120

/** One declaration as the formatter writes it: what is too long goes over several lines, at its commas. */
const declaration = (name: string, value: string): string => {
  const whole = `  ${name}: ${value};`
  if (whole.length <= width) return whole
  const rows: Array<string> = []
  for (const word of `${value};`.split(/(?<=,) /)) {
    const longer = `${rows.at(-1)} ${word}`
    if (rows.length > 0 && longer.length <= width) rows[rows.length - 1] = longer
    else rows.push(`    ${word}`)
  }
  return [`  ${name}:`, ...rows].join("\n")
}

const block = (selector: string, was: Variables, is: Variables): string => {
  const lines = Object.entries(is)
    .filter(([name, value]) => was[name] !== value)
    .map(([name, value]) => `${declaration(name, value)}\n`)
  return `${selector} {\n${lines.join("")}}\n`
}

/** Where the theme differs from Mantine's own style sheet, as a style sheet: the page's policy lets none be injected. */
export const text = (): string =>
  `/* Made by scripts/theme.ts from src/theme.ts. */\n${[
    block(":root", before.variables, { ...after.variables, ...own.variables }),
    block(':root[data-mantine-color-scheme="light"]', before.light, { ...after.light, ...own.light }),
    block(':root[data-mantine-color-scheme="dark"]', before.dark, { ...after.dark, ...own.dark })
  ].join("")}`

if (import.meta.main) writeFileSync(new URL("../src/theme.css", import.meta.url), text())
