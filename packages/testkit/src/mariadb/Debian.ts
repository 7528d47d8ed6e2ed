import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

/** Where what was brought is kept, by name. */
export const cacheOf = (name: string): string =>
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "payment-proxy", name)

/** What a command wrote, and whether it ended well. */
export const output = (command: string, args: ReadonlyArray<string>, cwd = process.cwd(), env = process.env) => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" })
  return { isFine: status === 0, text: `${stdout ?? ""}${stderr ?? ""}` }
}

/** Whether this machine can download and unpack Debian's packages. */
export const isHere = (): boolean => output("apt-get", ["--version"]).isFine && output("dpkg", ["--version"]).isFine

/** What is wanted of Debian. */
export interface Wanted {
  /** Where it goes, a folder in the cache. */
  readonly folder: string
  /** Names of each package, of which the first one that there is will do. */
  readonly packages: ReadonlyArray<ReadonlyArray<string>>
  readonly isUsable: (root: string) => boolean
}

/** Packages unpacked beside the system: nothing is installed, and no root is needed. Answers why not, or null. */
export const bring = ({ folder, packages, isUsable }: Wanted): string | null => {
  mkdirSync(join(folder, ".."), { recursive: true })
  const work = mkdtempSync(`${folder}-`)
  try {
    for (const part of ["lists/partial", "cache/archives/partial", "root"])
      mkdirSync(join(work, part), { recursive: true })
    const own = [`Dir::State::Lists=${work}/lists`, `Dir::Cache=${work}/cache`, "Debug::NoLocking=1"]
    const options = own.flatMap((option) => ["-o", option])
    const download = (names: ReadonlyArray<string>, flags: ReadonlyArray<string>) =>
      names.some((name) => output("apt-get", [...flags, "download", name], work).isFine)
    // The lists that the machine has will do; where they are missing or old, our own are fetched.
    const isThere = packages.every((names) => download(names, []))
    if (!isThere) {
      const listed = output("apt-get", [...options, "update"], work)
      if (!packages.every((names) => download(names, options)))
        return `${packages[0]?.[0]} could not be downloaded: ${listed.text.trim().split("\n").at(-1)}`
    }
    for (const file of readdirSync(work).filter((name) => name.endsWith(".deb")))
      output("dpkg", ["-x", join(work, file), join(work, "root")])
    if (!isUsable(join(work, "root"))) return `The ${packages[0]?.[0]} that was downloaded does not run.`
    if (!existsSync(folder)) renameSync(join(work, "root"), folder)
    return null
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
