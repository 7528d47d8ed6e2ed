// Runs a command with MYSQL_URL set to a throwaway server that lives as long as the command; a MYSQL_URL that is set is kept.
import { spawn } from "node:child_process"
import { NoServer } from "./Program.ts"
import { Server } from "./Server.ts"

const [command = "", ...args] = process.argv.slice(2)

const started = async (): Promise<Server | undefined> => {
  if (process.env["MYSQL_URL"] !== undefined) return undefined
  try {
    return await Server.start()
  } catch (error) {
    if (!(error instanceof NoServer)) throw error
    console.error(`No MySQL or MariaDB, so what needs one fails: ${error.message}`)
    return undefined
  }
}

const server = await started()
if (server !== undefined) console.log(`Tests run on ${server.program.version} (${server.program.command}).`)
const env = { ...process.env, ...(server === undefined ? {} : { MYSQL_URL: server.url("information_schema") }) }
const child = spawn(command, args, { stdio: "inherit", env })
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal))
child.once("exit", async (code) => {
  await server?.close()
  process.exit(code ?? 1)
})
