import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"

/** The text of a file; `undefined` where there is none. */
export const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined
    throw error
  }
}

/** Puts a text into a file that its owner alone can read, whole or not at all. */
export const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** What a file keeps; it is made where there is none yet. */
export const text = async (path: string, make: () => string | Promise<string>): Promise<string> => {
  const kept = read(path)
  if (kept !== undefined) return kept
  const made = await make()
  write(path, made)
  return made
}
