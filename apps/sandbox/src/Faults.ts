/** What can happen to the bytes of any answer, or in place of it. */
const ofBytes = [
  "latency",
  "drop-before-accept",
  "drop-after-accept",
  "error-before-accept",
  "error-after-accept",
  "throttle",
  "garbage",
  "html",
  "late",
  "truncate",
  "cut",
  "drip",
  "utf16",
  "gbk",
  "bom",
  "wrong-type",
  "hang"
] as const

/** What can come of any call whatever the vendor, which says it in its own words. */
export const generic = [...ofBytes, "reject", "not-found"] as const

/** What only who answers can get wrong. */
const ofOwn = [
  "wrong-amount",
  "wrong-currency",
  "foreign-merchant",
  "other-number",
  "wrong-signature",
  "unsigned",
  "wrong-serial",
  "unknown-status",
  "unknown-code"
] as const

/** What can be wrong with a notification itself. */
export const oddities = [
  "wrong-signature",
  "altered",
  "wrong-amount",
  "wrong-currency",
  "foreign-merchant",
  "other-app",
  "other-number",
  "stale",
  "wrong-serial",
  "expired-certificate",
  "truncated",
  "wrong-type",
  "huge",
  "probe",
  "sign-type-kept"
] as const

/** What can go wrong, by the call that it goes wrong on. */
const faultsOf = {
  token: [
    "latency",
    "drop-before-accept",
    "error-before-accept",
    "garbage",
    "html",
    "hang",
    "throttle",
    "expires-huge",
    "expires-zero",
    "expires-negative",
    "expires-absent",
    "expires-text",
    "expires-digits"
  ],
  create: [...ofBytes, ...ofOwn, "reject"],
  query: [...ofBytes, ...ofOwn, "not-found"],
  close: [...ofBytes, ...ofOwn, "reject", "not-found"],
  capture: [...ofBytes, ...ofOwn, "reject", "not-found"],
  complete: [...ofBytes, ...ofOwn, "reject", "not-found"],
  refund: [...ofBytes, ...ofOwn, "reject", "not-found", "refund-pending"],
  "query-refund": [...ofBytes, ...ofOwn, "not-found"],
  bill: [...ofBytes, "wrong-signature", "unsigned", "wrong-serial", "unknown-code", "not-found"],
  certificates: [...ofBytes, "wrong-signature", "unsigned", "wrong-serial", "unknown-code", "not-found"],
  notify: ["suppress", "duplicate", "delay", "reorder", "before-answer", ...oddities]
} as const

/** A fault that only the vendor itself can play. */
export type Own = (typeof ofOwn)[number]
/** What a fault wants to be wrong with a notification. */
export type Oddity = (typeof oddities)[number]

/** The name as that of a fault that only the vendor itself can play; `undefined` where it is none. */
export const ownIn = (name: string | undefined): Own | undefined => ofOwn.find((own) => own === name)

export type On = keyof typeof faultsOf
export type Name = (typeof faultsOf)[On][number]

/** A fault as asked for: it fires on a call, for one payment or all, so many times or with a probability. */
export interface Fault {
  readonly on: On
  readonly fault: Name
  readonly number?: string
  readonly times?: number
  readonly probability?: number
  readonly seed?: number
  readonly millis?: number
  readonly status?: number
  readonly copies?: number
  /** What `html` says instead of its own page. */
  readonly text?: string
}

interface Armed {
  readonly fault: Fault
  fired: number
  readonly random: () => number
}

/** A small generator of chance that repeats for a seed (mulberry32). */
const chance = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const numbers = ["times", "probability", "seed", "millis", "status", "copies"] as const

const checked = (value: unknown, index: number): Fault | string => {
  if (typeof value !== "object" || value === null) return `fault ${index} is not an object`
  const fault = value as { readonly [name: string]: unknown }
  const on = fault["on"]
  if (typeof on !== "string" || !Object.hasOwn(faultsOf, on))
    return `fault ${index}: "on" is one of ${Object.keys(faultsOf).join(", ")}`
  const names: ReadonlyArray<string> = faultsOf[on as On]
  if (typeof fault["fault"] !== "string" || !names.includes(fault["fault"]))
    return `fault ${index}: "fault" on ${on} is one of ${names.join(", ")}`
  for (const name of numbers) {
    const given = fault[name]
    if (given !== undefined && (typeof given !== "number" || !(given >= 0)))
      return `fault ${index}: "${name}" is a number of 0 or more`
  }
  if (fault["text"] !== undefined && typeof fault["text"] !== "string") return `fault ${index}: "text" is a text`
  return fault as unknown as Fault
}

/** What goes wrong from now on, and how often each fault fired. */
export class Faults {
  #armed: Array<Armed> = []

  /** Replaces all faults; answers what is wrong with the list, if anything. */
  replace(list: unknown): string | undefined {
    if (!Array.isArray(list)) return "the body is not a list of faults"
    const faults = list.map(checked)
    const wrong = faults.find((fault) => typeof fault === "string")
    if (typeof wrong === "string") return wrong
    this.#armed = faults
      .filter((fault) => typeof fault !== "string")
      .map((fault) => ({ fault, fired: 0, random: chance(fault.seed ?? 1) }))
    return undefined
  }

  /** Each fault with how often it fired. */
  list(): ReadonlyArray<Fault & { readonly fired: number }> {
    return this.#armed.map(({ fault, fired }) => ({ ...fault, fired }))
  }

  /** The fault of one of these names that fires now for this payment, counted; `undefined` where none does. */
  fire<N extends Name = Name>(
    on: On,
    number: string,
    names?: ReadonlyArray<N>
  ): (Fault & { readonly fault: N }) | undefined {
    const isAsked = (fault: Fault): fault is Fault & { readonly fault: N } =>
      names === undefined || names.some((name) => name === fault.fault)
    for (const armed of this.#armed) {
      const { fault } = armed
      if (fault.on !== on || (fault.number !== undefined && fault.number !== number)) continue
      if (!isAsked(fault)) continue
      if (fault.times !== undefined && armed.fired >= fault.times) continue
      if (fault.probability !== undefined && armed.random() >= fault.probability) continue
      armed.fired += 1
      return fault
    }
    return undefined
  }
}
