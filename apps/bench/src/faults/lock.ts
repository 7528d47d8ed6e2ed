import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { World } from "./World.ts"

/** Holds the database's write lock for a while, as another process could. */
export const hold = async (world: World, millis: number): Promise<void> => {
  const database = new DatabaseSync(join(world.folder, "data/payment-proxy.db"))
  try {
    database.exec("PRAGMA busy_timeout = 1000")
    database.exec("BEGIN IMMEDIATE")
    await new Promise((done) => setTimeout(done, millis))
    database.exec("ROLLBACK")
  } finally {
    database.close()
  }
}
