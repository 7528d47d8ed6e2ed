import { spawnSync } from "node:child_process"
import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

/** A server's program, and what it needs to run from where it is. */
export interface Program {
  readonly command: string
  readonly kind: "mariadb" | "mysql"
  /** As it names itself, such as `10.11.19-MariaDB`. */
  readonly version: string
  /** Where its libraries are, if the system does not know them. */
  readonly libraries: string | null
  /** Where its error messages are, if not where it was built for. */
  readonly messages: string | null
}

/** There is none on this machine, and none could be brought. */
export class NoServer extends Error {
  override readonly name = "NoServer"
}

const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "payment-proxy", "mariadb")

const output = (command: string, args: ReadonlyArray<string>, cwd = process.cwd(), env = process.env) => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" })
  return { isFine: status === 0, text: `${stdout ?? ""}${stderr ?? ""}` }
}

/** The program as it says of itself; `undefined` where it does not run. */
const described = (
  command: string,
  libraries: string | null = null,
  messages: string | null = null
): Program | undefined => {
  const env = libraries === null ? process.env : { ...process.env, LD_LIBRARY_PATH: libraries }
  const { isFine, text } = output(command, ["--no-defaults", "--version"], process.cwd(), env)
  const version = / Ver (\S+)/.exec(text)?.[1]
  if (!isFine || version === undefined) return undefined
  return { command, kind: /mariadb/i.test(text) ? "mariadb" : "mysql", version, libraries, messages }
}

const onPath = (): Program | undefined => {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"]
  const files = ["mariadbd", "mysqld"].flatMap((name) => folders.map((folder) => join(folder, name)))
  const [file] = files.filter((path) => existsSync(path))
  return file === undefined ? undefined : described(file)
}

const unpacked = (root: string): Program | undefined => {
  const [libraries] = globSync(join(root, "usr/lib/*-linux-gnu*"))
  const command = join(root, "usr/sbin/mariadbd")
  return existsSync(command) && libraries !== undefined
    ? described(command, libraries, join(root, "usr/share/mysql"))
    : undefined
}

const wanted = [["mariadb-server-core", "mariadb-server-core-10.6"], ["liburing2"], ["libaio1t64", "libaio1"]] as const

/** Debian's packages, unpacked beside the system: nothing is installed, and no root is needed. */
const brought = (): Program => {
  mkdirSync(join(cache, ".."), { recursive: true })
  const work = mkdtempSync(`${cache}-`)
  try {
    for (const folder of ["lists/partial", "cache/archives/partial", "root"])
      mkdirSync(join(work, folder), { recursive: true })
    const own = [`Dir::State::Lists=${work}/lists`, `Dir::Cache=${work}/cache`, "Debug::NoLocking=1"]
    const options = own.flatMap((option) => ["-o", option])
    const download = (names: ReadonlyArray<string>, flags: ReadonlyArray<string>) =>
      names.some((name) => output("apt-get", [...flags, "download", name], work).isFine)
    // The lists that the machine has will do; where they are missing or old, our own are fetched.
    const isThere = wanted.every((names) => download(names, []))
    if (!isThere) {
      const listed = output("apt-get", [...options, "update"], work)
      if (!wanted.every((names) => download(names, options)))
        throw new NoServer(`mariadb-server-core could not be downloaded: ${listed.text.trim().split("\n").at(-1)}`)
    }
    for (const file of readdirSync(work).filter((name) => name.endsWith(".deb")))
      output("dpkg", ["-x", join(work, file), join(work, "root")])
    if (unpacked(join(work, "root")) === undefined) throw new NoServer("The MariaDB that was downloaded does not run.")
    if (!existsSync(cache)) renameSync(join(work, "root"), cache)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  const program = unpacked(cache)
  if (program === undefined) throw new NoServer(`What is in ${cache} does not run: remove it.`)
  return program
}

/** A server's program: from the PATH, from the cache, or from Debian's packages; throws `NoServer`. */
export const find = (): Program => {
  const found = onPath() ?? unpacked(cache)
  if (found !== undefined) return found
  if (output("apt-get", ["--version"]).isFine && output("dpkg", ["--version"]).isFine) return brought()
  throw new NoServer("There is no MariaDB or MySQL here: set MYSQL_URL, or install one.")
}
