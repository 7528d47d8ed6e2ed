import { join } from "node:path"
import { sendJson } from "../Answers.ts"
import { parsed, readBody } from "../Body.ts"
import type { Handler, Listening } from "../Listening.ts"
import { listen } from "../Listening.ts"
import type { Platform } from "../Platform.ts"
import { sha256 } from "../Platform.ts"
import { Courier } from "./Courier.ts"
import type { Makers } from "./index.ts"
import * as Kept from "./Kept.ts"
import type { Kit } from "./Kit.ts"
import type { Decided, Decision, Held, Vendor } from "./Vendor.ts"

/** Which vendors are to be up, and on what they stand. */
export interface Options {
  readonly names: ReadonlyArray<string>
  readonly makers: Makers
  /** The sandbox's data folder; the vendors keep theirs below it. */
  readonly folder: string
  readonly host: string
  /** The ports to try, for a vendor that has none from the last time or whose port is taken now. */
  readonly ports: ReadonlyArray<number>
  readonly platform: Platform
}

interface Up {
  readonly name: string
  readonly listening: Listening
  readonly courier: Courier
  readonly vendor: Vendor
}

type Ports = { readonly [name: string]: unknown }

const portsIn = (text: string | undefined): Ports => {
  const json = text === undefined ? undefined : parsed(Buffer.from(text))
  return typeof json === "object" && json !== null ? (json as Ports) : {}
}

const handlerOf =
  (vendor: Vendor, origin: string): Handler =>
  async (request, response) => {
    const body = await readBody(request)
    if (body === undefined) return sendJson(response, 413, { error: "too_large" }, { connection: "close" })
    const { method = "", url: target = "/", headers } = request
    const url = URL.parse(`${origin}${target}`)
    if (url === null || url.origin !== origin) return sendJson(response, 400, { error: "no_such_target" })
    return vendor.handle({ method, target, url, headers, body }, response)
  }

const kitOf = (options: Options, name: string, url: string, courier: Courier): Kit => {
  const { ledger, clock, faults } = options.platform
  return {
    name,
    url,
    clock,
    faults,
    courier,
    write: (change) => ledger.append({ type: "vendor-change", at: clock.text(), vendor: name, change }),
    *changes() {
      for (const { vendor, change } of ledger.lines("vendor-change")) if (vendor === name) yield change
    },
    kept: (file, make) => Kept.text(join(options.folder, "vendors", name, file), make),
    record: (call, { did, numbers }, status) =>
      ledger.append({
        type: "request",
        at: clock.text(),
        method: call.method,
        path: `/${name}${call.url.pathname}`,
        numbers,
        bodySha256: sha256(call.body),
        did,
        status
      })
  }
}

/** One vendor after the other listens, on the port of last time where that is free. */
const listened = async ({ names, folder, host, ports }: Options): Promise<ReadonlyArray<Listening>> => {
  const file = join(folder, "vendors", "ports.json")
  const before = portsIn(Kept.read(file))
  const all: Array<Listening> = []
  for (const name of names) {
    const last = before[name]
    const tried = typeof last === "number" ? [last, ...ports] : ports
    const listening = await listen(host, tried)
    if (listening === undefined) throw new Error(`No port is free for ${name}: set SANDBOX_PORT to another.`)
    all.push(listening)
  }
  const now = Object.fromEntries(names.map((name, index) => [name, all[index]?.port]))
  if (names.length > 0) Kept.write(file, JSON.stringify({ ...before, ...now }))
  return all
}

const brought = async (options: Options, name: string, listening: Listening): Promise<Up> => {
  const { ledger, faults, clock } = options.platform
  const courier = new Courier({ ledger, faults, clock, vendor: name })
  const make = await options.makers[name]?.()
  if (make === undefined) throw new Error(`There is no vendor ${name}.`)
  const vendor = await make(kitOf(options, name, listening.url, courier))
  listening.serve(handlerOf(vendor, listening.url))
  return { name, listening, courier, vendor }
}

/** The vendors that the sandbox plays beside its platform, each on a server of its own. */
export class Vendors {
  readonly #all: ReadonlyArray<Up>

  private constructor(all: ReadonlyArray<Up>) {
    this.#all = all
  }

  /** Brings vendors up, side by side. */
  static async open(options: Options): Promise<Vendors> {
    const unknown = options.names.find((name) => !Object.hasOwn(options.makers, name))
    if (unknown !== undefined) {
      const known = Object.keys(options.makers).join(", ") || "none yet"
      throw new Error(
        `There is no vendor ${JSON.stringify(unknown)}: those that SANDBOX_VENDORS can name are ${known}.`
      )
    }
    const names = [...new Set(options.names)]
    const all = await listened({ ...options, names })
    try {
      return new Vendors(
        await Promise.all(all.map((listening, index) => brought(options, names[index] ?? "", listening)))
      )
    } catch (error) {
      await Promise.all(all.map((listening) => listening.close()))
      throw error
    }
  }

  /** Whether there are any. */
  get isUp(): boolean {
    return this.#all.length > 0
  }

  /** Where each listens. */
  get urls(): { readonly [name: string]: string } {
    return Object.fromEntries(this.#all.map(({ name, listening }) => [name, listening.url]))
  }

  /** What each one's merchant console hands out. */
  get credentials(): { readonly [name: string]: Record<string, unknown> } {
    return Object.fromEntries(this.#all.map(({ name, vendor }) => [name, vendor.credentials]))
  }

  /** Every payment that they hold. */
  held(): ReadonlyArray<Held> {
    return this.#all.flatMap(({ vendor }) => vendor.held())
  }

  /** What the first that knows this number makes of a decision; `undefined` where none does. */
  async decide(number: string, decision: Decision): Promise<Decided | undefined> {
    for (const { vendor } of this.#all) {
      const decided = await vendor.decide(number, decision)
      if (decided !== undefined) return decided
    }
    return undefined
  }

  /** They close what has expired, and do what is due; what goes wrong in one is printed and holds up no other. */
  sweep(): void {
    for (const { vendor } of this.#all)
      try {
        vendor.sweep()
      } catch (error) {
        console.error(error)
      }
  }

  /** Stops them; what they would still tell their merchants is told after the next start. */
  async close(): Promise<void> {
    for (const { courier } of this.#all) courier.close()
    await Promise.all(this.#all.map(({ listening }) => listening.close()))
  }
}
