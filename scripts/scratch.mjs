// Where temporary files of a run go: memory as a disk, where there is one with room. What the tests kill are processes, never the
// machine, and files outlive a process there as on a disk; a disk would make each COMMIT wait some milliseconds.
import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const memory = "/dev/shm"
const neededBytes = 4 * 1024 ** 3

const hasRoom = () => {
  if (process.platform !== "linux" || !existsSync(memory)) return false
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize >= neededBytes
}

/** A folder that goes with this process. */
export const scratch = mkdtempSync(join(hasRoom() ? memory : tmpdir(), "payment-proxy-"))

process.once("exit", () => rmSync(scratch, { recursive: true, force: true }))
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1))
