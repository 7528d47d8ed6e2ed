import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { World } from "./World.ts"

/** Holds the database's write lock for a while, as another process could; answers whether it got it. */
export const hold = async (world: World, millis: number): Promise<boolean> => {
  const database = new DatabaseSync(join(world.folder, "data/payment-proxy.db"))
  try {
    database.exec("PRAGMA busy_timeout = 1000")
    database.exec("BEGIN IMMEDIATE")
    await new Promise((done) => setTimeout(done, millis))
    database.exec("ROLLBACK")
    return true
  } catch {
    // A process that is paused in the middle of a transaction holds it.
    return false
  } finally {
    database.close()
  }
}
