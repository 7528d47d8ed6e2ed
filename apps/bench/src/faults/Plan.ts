import { type CrashPoint, crashPoints } from "@payment-proxy/ports"
import * as Chance from "../Chance.ts"

/** A fault of the platform, as its controls take it. */
export interface PlatformFault {
  readonly on: string
  readonly fault: string
  readonly probability: number
  readonly seed: number
  readonly millis?: number
  readonly status?: number
  readonly copies?: number
}

/** What happens to our own processes, their database and the endpoints, now and then. */
export const accidents = ["kill", "crash", "pause", "terminate", "lock", "refusing-endpoint"] as const
export type Accident = (typeof accidents)[number]

/** What happens between our processes and a database server, now and then. */
export const mishaps = ["dark", "cut", "lost-commit", "slow"] as const
export type Mishap = (typeof mishaps)[number]

/** What goes wrong in one run: some of all that can, by chance. */
export interface Plan {
  readonly platform: ReadonlyArray<PlatformFault>
  /** With a file for all. */
  readonly accidents: ReadonlyArray<Accident>
  /** With a database server. */
  readonly mishaps: ReadonlyArray<Mishap>
}

type Make = (chance: () => number) => Omit<PlatformFault, "on" | "fault" | "seed">

const often =
  (most: number, more: (chance: () => number) => object = () => ({})): Make =>
  (chance) => ({
    probability: Number((0.02 + chance() * (most - 0.02)).toFixed(3)),
    ...more(chance)
  })
const slow = (chance: () => number) => ({ millis: Chance.between(100, 1500, chance) })
const status = (chance: () => number) => ({ status: Chance.pick([500, 502, 503, 504], chance) })

/** Every fault of the platform that a run may pick. A wrong amount is left out: it needs a person. */
const catalogue: ReadonlyArray<readonly [on: string, fault: string, make: Make]> = [
  ["create", "latency", often(0.3, slow)],
  ["create", "drop-before-accept", often(0.2)],
  ["create", "drop-after-accept", often(0.3)],
  ["create", "error-before-accept", often(0.2, status)],
  ["create", "error-after-accept", often(0.3, status)],
  ["create", "reject", often(0.1)],
  ["create", "throttle", often(0.2)],
  ["create", "garbage", often(0.2)],
  ["create", "html", often(0.2)],
  ["create", "truncate", often(0.2)],
  ["create", "cut", often(0.2)],
  ["create", "drip", often(0.1)],
  ["create", "utf16", often(0.1)],
  ["create", "hang", often(0.1)],
  ["query", "latency", often(0.3, slow)],
  ["query", "drop-before-accept", often(0.3)],
  ["query", "error-before-accept", often(0.3, status)],
  ["query", "throttle", often(0.3)],
  ["query", "garbage", often(0.3)],
  ["query", "not-found", often(0.2)],
  ["query", "hang", often(0.2)],
  ["close", "drop-after-accept", often(0.5)],
  ["close", "error-after-accept", often(0.5, status)],
  ["close", "truncate", often(0.5)],
  ["close", "hang", often(0.3)],
  ["refund", "latency", often(0.3, slow)],
  ["refund", "drop-before-accept", often(0.3)],
  ["refund", "drop-after-accept", often(0.3)],
  ["refund", "error-after-accept", often(0.3, status)],
  ["refund", "garbage", often(0.2)],
  ["refund", "truncate", often(0.3)],
  ["refund", "hang", often(0.2)],
  ["query-refund", "drop-before-accept", often(0.3)],
  ["query-refund", "error-before-accept", often(0.3, status)],
  ["query-refund", "not-found", often(0.2)],
  ["query-refund", "hang", often(0.2)],
  ["notify", "suppress", often(0.5)],
  ["notify", "duplicate", often(0.5, (chance) => ({ copies: Chance.between(2, 10, chance) }))],
  ["notify", "delay", often(0.5, slow)],
  ["notify", "reorder", often(0.3)],
  ["notify", "wrong-signature", often(0.4)],
  ["notify", "altered", often(0.4)],
  ["notify", "foreign-merchant", often(0.2)],
  ["notify", "before-answer", often(0.5)],
  ["token", "error-before-accept", often(0.2)],
  ["token", "latency", often(0.3, slow)]
]

/** Three to eight faults of the platform, and some of everything else, the same for the same chance. */
export const make = (chance: () => number): Plan => ({
  platform: Chance.shuffled(catalogue, chance)
    .slice(0, Chance.between(3, 8, chance))
    .map(([on, fault, more]) => ({ on, fault, seed: Math.floor(chance() * 2 ** 32), ...more(chance) })),
  accidents: Chance.shuffled(accidents, chance).slice(0, Chance.between(2, 4, chance)),
  mishaps: Chance.shuffled(mishaps, chance).slice(0, Chance.between(1, 3, chance))
})

/** The points that come by under this load, which neither refunds nor closes; those of a slow vendor and of a start have tests of their own. */
export const busyPoints = (Object.keys(crashPoints) as ReadonlyArray<CrashPoint>).filter((point) => point <= "K17")

/** The points that each create comes by, through whichever door, in that order. */
export const createPoints = busyPoints.filter((point) => point <= "K11")

/** A crash point and a visit there, by chance. */
export const crashAt = (chance: () => number): string =>
  `${Chance.pick(busyPoints, chance)}:${Chance.between(1, 20, chance)}`
