import { existsSync, globSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Debian from "@payment-proxy/testkit/mariadb/Debian"

const cache = Debian.cacheOf("libfaketime")
const libraryIn = (root: string): string | undefined =>
  globSync(join(root, "usr/lib/*-linux-gnu*/faketime/libfaketimeMT.so.1")).find(existsSync)

/** libfaketime's library: the system's, from the cache, or from Debian; or why there is none. */
export const find = (): { readonly library: string } | { readonly fault: string } => {
  const found = libraryIn("/") ?? libraryIn(cache)
  if (found !== undefined) return { library: found }
  if (!Debian.isHere()) return { fault: "There is no libfaketime here, and no apt-get to bring it." }
  const isUsable = (root: string) => libraryIn(root) !== undefined
  const fault = Debian.bring({ folder: cache, packages: [["libfaketime"]], isUsable })
  const library = libraryIn(cache)
  return library === undefined ? { fault: fault ?? `There is no library in ${cache}: remove it.` } : { library }
}

/** A wall clock that a test sets, also while a process goes by it; the process's monotonic clock stays true. */
export interface WallClock {
  /** What a process that goes by it needs in its environment. */
  readonly environment: { readonly [name: string]: string }
  /** As libfaketime writes it: `+3600` is an hour ahead, `+0 x10` runs ten times as fast. */
  readonly set: (time: string) => void
  readonly close: () => void
}

const shared = "/dev/shm"

/** What libfaketime left of processes that were killed; whoever gets one of their numbers would trip over it. */
const sweep = (): void => {
  for (const name of existsSync(shared) ? readdirSync(shared) : []) {
    const pid = /^(?:sem\.faketime_sem|faketime_shm)_(\d+)$/.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(shared, name), { force: true })
  }
}

/** A wall clock that at first is as `time` says. */
export const clock = (library: string, time: string): WallClock => {
  const folder = mkdtempSync(join(tmpdir(), "payment-proxy-clock-"))
  const file = join(folder, "time")
  const set = (next: string) => {
    writeFileSync(`${file}.new`, `${next}\n`)
    renameSync(`${file}.new`, file)
  }
  set(time)
  sweep()
  const environment = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    NO_FAKE_STAT: "1"
  }
  const close = () => {
    rmSync(folder, { recursive: true, force: true })
    sweep()
  }
  return { environment, set, close }
}
