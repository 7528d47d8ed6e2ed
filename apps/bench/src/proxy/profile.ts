import { Effect } from "effect"
import type { Arguments } from "../Arguments.ts"
import * as Inspector from "../faults/Inspector.ts"
import * as Load from "../load/Load.ts"
import * as Profile from "../load/Profile.ts"
import * as Site from "../load/Site.ts"
import type { Printed } from "../Printed.ts"
import * as Call from "./Call.ts"
import * as Order from "./order.ts"
import * as Place from "./Place.ts"

const connections = 64
const warmUpSeconds = 5
const leastShare = 0.005

/** A gateway of ours that can be looked into, and what it is asked. */
interface Looked {
  readonly address: string
  readonly port: number
  readonly request: (index: number) => string | Buffer
  readonly status: number
  readonly close: () => Promise<void>
}

const ways = ["plain", "key", "oauth"] as const
type Way = (typeof ways)[number]

const passing = async (id: Way): Promise<Looked> => {
  const place = await Place.start(Inspector.environment)
  const way = [place.ours, ...place.filtered].find(({ path }) => path.startsWith(`/proxy/${id}/`))
  if (way === undefined) throw new Error(`There is no way by ${id}.`)
  const call = Call.post(way.path, way.key)
  return {
    address: Inspector.addressIn(place.said),
    port: way.port,
    request: () => call,
    status: 200,
    close: place.close
  }
}

const ordering = async (): Promise<Looked> => {
  const site = await Site.start(Order.peer, { routes: Order.routes, environment: Inspector.environment })
  const [ours] = site.rivals
  if (ours === undefined) throw new Error("There is no gateway.")
  return {
    address: Inspector.addressIn(site.said),
    port: ours.port,
    request: (index) => Order.create(site.key, `profiled-${index}`),
    status: 201,
    close: site.world.close
  }
}

const isOurs = (name: string): boolean => /^(?:packages|apps)\//.test(name)

const told = (title: string, shares: ReadonlyArray<Profile.Share>): ReadonlyArray<string> => [
  title,
  ...shares
    .filter(({ share }) => share >= leastShare)
    .map(({ name, share }) => `${(100 * share).toFixed(1).padStart(5)} %  ${name}`),
  ""
]

const numbersPerTurn = 10_000_000

const profiled = async (
  name: string,
  { seconds }: Arguments,
  started: () => Promise<Looked>
): Promise<{ readonly lines: ReadonlyArray<string>; readonly json: object }> => {
  const { address, port, request, status, close } = await started()
  try {
    await Load.drive({ port, connections, seconds: warmUpSeconds, request, status }, 0)
    const drive = () => Load.drive({ port, connections, seconds, request, status }, numbersPerTurn)
    const profile = await Profile.record(address, drive)
    const own = Profile.shares(profile)
    const nearest = Profile.shares(profile, isOurs)
    return {
      lines: [
        ...told(`${name}: where its time went`, own),
        ...told(`${name}: by our module that was nearest`, nearest)
      ],
      json: { name, own: own.slice(0, 40), nearest: nearest.slice(0, 40) }
    }
  } finally {
    await close()
  }
}

/** Where a gateway's time goes under calls that pass through: without filters, with a key, with `oauth`. */
export const passingThrough = (asked: Arguments) =>
  Effect.promise(async (): Promise<Printed> => {
    const all = []
    for (const id of ways) all.push(await profiled(id, asked, () => passing(id)))
    return {
      lines: all.flatMap(({ lines }) => lines),
      json: { name: asked.name, ways: all.map(({ json }) => json) },
      isRight: true
    }
  })

/** Where a gateway's time goes under creates through both filters. */
export const mappedCreates = (asked: Arguments) =>
  Effect.promise(async (): Promise<Printed> => ({ ...(await profiled("create", asked, ordering)), isRight: true }))
