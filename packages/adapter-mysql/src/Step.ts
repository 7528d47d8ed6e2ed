import { collations, type Server } from "./Connections.ts"

/** One step of the schema: one statement, and what is there once it has run: a column or an index of a table. */
export interface Step {
  readonly id: number
  readonly name: string
  readonly statement: string
  readonly makes: { readonly table: string; readonly part: string }
}

/** What every table of ours is made with. */
const options = (server: Server): string =>
  `ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE ${collations[server]}`

/** The statement that makes a table of these columns and keys. */
export const table = (name: string, parts: ReadonlyArray<string>, server: Server): string =>
  `CREATE TABLE ${name} (${parts.join(", ")}) ${options(server)}`
