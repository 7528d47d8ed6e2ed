import { existsSync, globSync } from "node:fs"
import { join } from "node:path"
import * as Debian from "./Debian.ts"

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

const cache = Debian.cacheOf("mariadb")

/** The program as it says of itself; `undefined` where it does not run. */
const described = (
  command: string,
  libraries: string | null = null,
  messages: string | null = null
): Program | undefined => {
  const env = libraries === null ? process.env : { ...process.env, LD_LIBRARY_PATH: libraries }
  const { isFine, text } = Debian.output(command, ["--no-defaults", "--version"], process.cwd(), env)
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

const packages = [
  ["mariadb-server-core", "mariadb-server-core-10.6"],
  ["liburing2"],
  ["libaio1t64", "libaio1"]
] as const

/** Debian's packages, unpacked into our cache. */
const brought = (): Program => {
  const fault = Debian.bring({ folder: cache, packages, isUsable: (root) => unpacked(root) !== undefined })
  if (fault !== null) throw new NoServer(fault)
  const program = unpacked(cache)
  if (program === undefined) throw new NoServer(`What is in ${cache} does not run: remove it.`)
  return program
}

/** A server's program: from the PATH, from the cache, or from Debian's packages; throws `NoServer`. */
export const find = (): Program => {
  const found = onPath() ?? unpacked(cache)
  if (found !== undefined) return found
  if (Debian.isHere()) return brought()
  throw new NoServer("There is no MariaDB or MySQL here: set MYSQL_URL, or install one.")
}
