import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Layer } from "effect"
import * as Sqlite from "../src/index.ts"

/** A database file in a temporary folder that goes with the scope. */
export const file = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "payment-proxy-sqlite-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
).pipe(Effect.map((folder) => join(folder, "test.db")))

/** The stores on a fresh file. */
export const stores = Layer.unwrapScoped(Effect.map(file, (filename) => Sqlite.layer({ filename })))
