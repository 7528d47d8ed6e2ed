import { readFileSync } from "node:fs"
import * as World from "../faults/World.ts"

/** A gateway of ours and the peer, on the same database and in front of the same platform. */
export interface Site {
  readonly world: World.World
  readonly rivals: ReadonlyArray<Rival>
  /** The key of the app that both know. */
  readonly key: string
  /** From its start until our gateway took orders, on a database that is there already, in milliseconds. */
  readonly readyMillis: number
  /** What our gateway said until then. */
  readonly said: string
}

/** A process that takes orders. */
export interface Rival {
  readonly name: string
  readonly port: number
  readonly pid: number
}

const app = "shop"
const portOf = (url: string | undefined): number => Number(new URL(url ?? "").port)

/** A peer of ours: its file below `peers`, and what it is called. */
export interface Peer {
  readonly name: string
  readonly file: string
}

const fastify: Peer = { name: "fastify", file: "fastify.ts" }

/** Brings both up; `world.close` takes all of it down. */
export const start = async (peer: Peer = fastify, options: World.Options = {}): Promise<Site> => {
  const world = await World.start({ isMariaDb: true, isCalm: true, ...options })
  try {
    const { database, gateways, keys, processes } = world
    const key = keys.get(app) ?? ""
    const [gateway] = gateways
    if (database === undefined || gateway === undefined) throw new Error("There is no gateway on a database.")
    const begin = performance.now()
    const ours = await gateway.up()
    const readyMillis = performance.now() - begin
    const said = ours.said()
    const rival = processes.start("bench", `peers/${peer.file}`, [], {
      NODE_ENV: "production",
      DATABASE_URL: database.url,
      PLATFORM_URL: world.platformUrl,
      PLATFORM_ISSUER: world.issuer,
      PLATFORM_CLIENT_ID: World.platformClient.id,
      PLATFORM_CLIENT_SECRET: World.platformClient.secret,
      APP: app,
      APP_KEY: key
    })
    const rivals = [
      { name: "ours", port: portOf((await ours.ready)["url"]), pid: ours.pid },
      { name: peer.name, port: portOf((await rival.ready)["url"]), pid: rival.pid }
    ]
    return { world, rivals, key, readyMillis, said }
  } catch (error) {
    await world.close()
    throw error
  }
}

const ticksPerSecond = 100

/** The processor time that a process took, in seconds. */
export const cpuSeconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ")
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** The memory that a process has, in MiB. */
export const rssMib = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1024
