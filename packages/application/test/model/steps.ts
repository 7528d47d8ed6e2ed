import { FastCheck as fc } from "effect"

/**
 * How one call of the vendor goes; `slow`: what comes next, but answered late; `late`: it arrives after we gave up waiting; `lag`: a query is
 * answered by a replica that has not heard of the payment yet.
 */
export const moods = [
  "reject",
  "throttle",
  "unreachable",
  "dropBefore",
  "dropAfter",
  "hang",
  "slow",
  "late",
  "wrongAmount",
  "lag"
] as const
export type Mood = (typeof moods)[number] | "pending" | "fail" | "abnormal"

/** The vendor's calls. */
export const calls = ["create", "query", "close", "capture", "complete", "refund", "queryRefund"] as const
export type Call = (typeof calls)[number]

export const queues = ["inbox", "orders", "deliveries"] as const

/** What a payer does; `late`: his money comes although nobody waits for it any more; `again`: he may try once more after he was refused. */
export type Payer = "pay" | "refuse" | "approve" | "authorize" | "late" | "again"

/** One thing that happens; `order` and `pick` choose among what there is then. */
export type Step =
  | { readonly do: "place"; readonly key: number; readonly isOther: boolean }
  | { readonly do: "payer"; readonly order: number; readonly how: Payer }
  | { readonly do: "desk"; readonly order: number; readonly part: number }
  | { readonly do: "settle"; readonly order: number; readonly as: "succeeded" | "failed" }
  | { readonly do: "dispute"; readonly order: number; readonly part: number; readonly as: "open" | "won" | "lost" }
  | {
      readonly do: "notify"
      readonly order: number
      readonly what: "news" | "again" | "forged" | "amount" | "stranger"
      readonly pick: number
    }
  | { readonly do: "capture"; readonly order: number; readonly part: number | null }
  | { readonly do: "refund"; readonly order: number; readonly key: number; readonly part: number | null }
  | { readonly do: "close" | "sync" | "accept" | "resolve"; readonly order: number }
  | { readonly do: "propose" | "approve"; readonly order: number; readonly by: number }
  | { readonly do: "wait"; readonly millis: number }
  | { readonly do: "work"; readonly queue: (typeof queues)[number] | "all" }
  | { readonly do: "doom"; readonly calls: number; readonly isAfter: boolean }
  | { readonly do: "stop" }
  | { readonly do: "endpoint"; readonly answers: "ok" | "500" | "unreachable" | "410" | "busy" }
  | { readonly do: "vendor"; readonly call: Call; readonly moods: ReadonlyArray<Mood> }

const order = fc.nat(2)
/** Of 1000: all but a little, a half, a little, or too much. */
const part = fc.constantFrom(1, 400, 600, 999, 1000, 1001)
const partOrAll = fc.oneof(fc.constant(null), part)
const seconds = (count: number) => count * 1000

const one = <D extends Step["do"]>(word: D, fields: object = {}) =>
  fc.record({ do: fc.constant(word), ...fields }) as unknown as fc.Arbitrary<Step>

const place = one("place", { key: fc.nat(2), isOther: fc.integer({ min: 0, max: 7 }).map((chance) => chance === 7) })

const vendor = fc.oneof(
  {
    weight: 4,
    arbitrary: one("vendor", {
      call: fc.constantFrom(...calls),
      moods: fc.array(fc.constantFrom<Mood>(...moods), { minLength: 1, maxLength: 3 })
    })
  },
  {
    weight: 1,
    arbitrary: one("vendor", {
      call: fc.constant("refund"),
      moods: fc.tuple(fc.constantFrom("pending", "fail", "abnormal"))
    })
  }
)

const waits = [1, 3, 6, 12, 40, 120, 600, 1200, 3600, 90_000].map(seconds)

/** Any step, the usual ones more often. */
const usual: ReadonlyArray<fc.WeightedArbitrary<Step>> = [
  { weight: 3, arbitrary: place },
  {
    weight: 7,
    arbitrary: one("payer", {
      order,
      how: fc.constantFrom("pay", "pay", "pay", "authorize", "approve", "refuse", "again", "late")
    })
  },
  { weight: 2, arbitrary: one("desk", { order, part }) },
  { weight: 2, arbitrary: one("settle", { order, as: fc.constantFrom("succeeded", "failed") }) },
  { weight: 1, arbitrary: one("dispute", { order, part, as: fc.constantFrom("open", "won", "lost") }) },
  {
    weight: 7,
    arbitrary: one("notify", {
      order,
      what: fc.constantFrom("news", "news", "news", "again", "again", "forged", "amount", "stranger"),
      pick: fc.nat(5)
    })
  },
  { weight: 4, arbitrary: one("capture", { order, part: partOrAll }) },
  { weight: 6, arbitrary: one("refund", { order, key: fc.nat(2), part: partOrAll }) },
  { weight: 3, arbitrary: one("close", { order }) },
  { weight: 3, arbitrary: one("sync", { order }) },
  { weight: 1, arbitrary: one("accept", { order }) },
  { weight: 1, arbitrary: one("resolve", { order }) },
  { weight: 1, arbitrary: one("propose", { order, by: fc.nat(6) }) },
  { weight: 1, arbitrary: one("approve", { order, by: fc.nat(6) }) },
  { weight: 8, arbitrary: one("wait", { millis: fc.constantFrom(...waits) }) },
  { weight: 9, arbitrary: one("work", { queue: fc.constantFrom("inbox", "orders", "orders", "deliveries", "all") }) },
  { weight: 2, arbitrary: one("doom", { calls: fc.nat(8), isAfter: fc.boolean() }) },
  { weight: 1, arbitrary: one("stop") },
  {
    weight: 2,
    arbitrary: one("endpoint", { answers: fc.constantFrom("ok", "ok", "500", "unreachable", "410", "busy") })
  },
  { weight: 9, arbitrary: vendor }
]

const moody = (call: Call, ...some: ReadonlyArray<Mood>) =>
  one("vendor", {
    call: fc.constant(call),
    moods: fc.array(fc.constantFrom(...some), { minLength: 1, maxLength: 3 })
  })
const waiting = (...counts: ReadonlyArray<number>) => one("wait", { millis: fc.constantFrom(...counts.map(seconds)) })
const workingAtOrders = one("work", { queue: fc.constantFrom("orders", "all") })

/** What happens to one order again and again is seen. */
const first = fc.constant(0)

/** What a run is about: how it begins, and what happens in it more often than usual. */
interface Theme {
  readonly begins: ReadonlyArray<fc.Arbitrary<Step>>
  readonly often: ReadonlyArray<fc.WeightedArbitrary<Step>>
}

/** Nothing but the usual. */
const plain: Theme = { begins: [place], often: [] }

const lost = ["dropBefore", "dropBefore", "late", "reject", "dropAfter", "hang"] as const

/** Money that is held, and calls to take it that nobody knows the outcome of. */
const taking: Theme = {
  begins: [place, moody("capture", ...lost), one("payer", { order: first, how: fc.constant("authorize") })],
  often: [
    { weight: 6, arbitrary: one("payer", { order: first, how: fc.constantFrom("authorize", "approve") }) },
    { weight: 10, arbitrary: one("capture", { order: first, part: partOrAll }) },
    { weight: 8, arbitrary: moody("capture", ...lost) },
    { weight: 4, arbitrary: moody("complete", ...lost) },
    { weight: 8, arbitrary: one("sync", { order: first }) },
    { weight: 16, arbitrary: waiting(12, 40, 120) },
    { weight: 24, arbitrary: workingAtOrders }
  ]
}

/** Calls that take money and never left, and word that comes late of what its payment once was. */
const overtaken: Theme = {
  begins: [
    place,
    one("payer", { order: first, how: fc.constant("refuse") }),
    one("payer", { order: first, how: fc.constant("again") }),
    one("payer", { order: first, how: fc.constantFrom("authorize", "approve") }),
    moody("capture", "unreachable", "throttle")
  ],
  often: [
    { weight: 6, arbitrary: one("payer", { order: first, how: fc.constantFrom("authorize", "refuse", "again") }) },
    { weight: 6, arbitrary: moody("capture", "unreachable", "throttle") },
    { weight: 3, arbitrary: moody("query", "throttle", "unreachable", "slow") },
    {
      weight: 16,
      arbitrary: one("notify", { order: first, what: fc.constantFrom("news", "again", "again"), pick: fc.nat(5) })
    },
    { weight: 12, arbitrary: one("work", { queue: fc.constant("inbox") }) },
    { weight: 12, arbitrary: workingAtOrders },
    { weight: 8, arbitrary: waiting(3, 12, 40) }
  ]
}

/** Creates in doubt, asked about at replicas that lag behind, and sent again. */
const doubting: Theme = {
  begins: [moody("create", ...lost), place],
  often: [
    { weight: 10, arbitrary: moody("create", ...lost, "slow", "unreachable") },
    { weight: 8, arbitrary: moody("query", "lag", "slow") },
    { weight: 6, arbitrary: place },
    { weight: 5, arbitrary: one("close", { order: first }) },
    { weight: 14, arbitrary: waiting(3, 12, 40) },
    { weight: 20, arbitrary: workingAtOrders }
  ]
}

/** Ends that are none: who was refused pays after all. */
const reviving: Theme = {
  begins: [place, one("payer", { order: first, how: fc.constant("refuse") })],
  often: [
    {
      weight: 20,
      arbitrary: one("payer", { order: first, how: fc.constantFrom("pay", "refuse", "again", "again", "authorize") })
    },
    { weight: 8, arbitrary: moody("close", "unreachable", "throttle", "dropBefore", "hang") },
    { weight: 6, arbitrary: one("close", { order: first }) },
    { weight: 4, arbitrary: moody("query", "slow") },
    { weight: 12, arbitrary: one("sync", { order: first }) },
    { weight: 8, arbitrary: waiting(3, 6) }
  ]
}

/** What is held, and what persons decide about it. */
const deciding: Theme = {
  begins: [place, moody("query", "wrongAmount")],
  often: [
    { weight: 6, arbitrary: moody("query", "wrongAmount") },
    { weight: 6, arbitrary: one("sync", { order: first }) },
    { weight: 6, arbitrary: one("propose", { order: first, by: fc.nat(6) }) },
    { weight: 8, arbitrary: one("approve", { order: first, by: fc.nat(6) }) },
    { weight: 6, arbitrary: one("payer", { order: first, how: fc.constantFrom("pay", "refuse", "late") }) }
  ]
}

const maxSteps = 40

const stepsOf = ({ begins, often }: Theme) =>
  fc
    .tuple(
      fc.tuple(...begins),
      fc.array(fc.oneof(...usual, ...often), { maxLength: maxSteps - begins.length, size: "max" })
    )
    .map(([begun, others]): ReadonlyArray<Step> => [...begun, ...others])

/** What chance decides in one run. */
export interface Run {
  readonly latePaid: "refund" | "accept"
  /** Whether the app has an endpoint; without one its events are only kept, and a run takes half the time. */
  readonly isTold: boolean
  readonly steps: ReadonlyArray<Step>
}

/** A run of up to 40 steps, as short text that can be read where it fails. */
export const run: fc.Arbitrary<Run> = fc.record({
  latePaid: fc.constantFrom("refund", "refund", "accept"),
  isTold: fc.integer({ min: 0, max: 2 }).map((chance) => chance === 2),
  steps: fc.oneof(
    { weight: 3, arbitrary: stepsOf(plain) },
    { weight: 2, arbitrary: stepsOf(taking) },
    stepsOf(overtaken),
    stepsOf(doubting),
    stepsOf(reviving),
    stepsOf(deciding)
  )
})

/** A run as it is printed: one step a line. */
export const shown = ({ latePaid, isTold, steps }: Run): string =>
  [
    `late money: ${latePaid}; ${isTold ? "an endpoint" : "no endpoint"}`,
    ...steps.map(({ do: word, ...fields }, index) => `${index + 1}. ${word} ${JSON.stringify(fields)}`)
  ].join("\n")
