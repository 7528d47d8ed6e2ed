import type { Answer } from "../../src/Admin.ts"
import { fault, type Handlers } from "./Fake.ts"
import { scenario } from "./scenario.ts"
import { ago, who } from "./who.ts"

export type Proposal = Answer<"proposals.list">["items"][number]
type Kept = Omit<Proposal, "mayApprove" | "isToTake"> & { readonly isTaken: boolean }

const day = 86_400

const made = (
  part: Pick<Kept, "id" | "kind" | "subject" | "summary" | "details" | "note" | "proposedBy"> & Partial<Kept>,
  agoSeconds: number
): Kept => ({
  proposedAt: ago(agoSeconds),
  state: "open",
  decidedBy: null,
  decidedAt: null,
  decidedNote: null,
  endsAt: ago(agoSeconds - day),
  isTaken: false,
  ...part
})

const open = (): Array<Kept> => [
  made(
    {
      id: "prp_01K9ZR10",
      kind: "refund",
      subject: "01K9V2H1Q800C4WN7RXA2D6ZEM5BTY",
      summary: "Refund 12880.00 CNY of 01K9V2H1Q800C4WN7RXA2D6ZEM5BTY.",
      details: { amount: "12880.00 CNY", reason: "客户退回整套家具" },
      note: "客户已退货，仓库签收单号 SF1029384756；按退货政策全额退款，客服主管已确认。",
      proposedBy: "maria.keller"
    },
    1860
  ),
  made(
    {
      id: "prp_01K9ZR11",
      kind: "resolve",
      subject: "01K9XW90J700C4WN7RXA2D6ZEM8CVZ",
      summary: "Let 01K9XW90J700C4WN7RXA2D6ZEM8CVZ go on from SUCCEEDED, with 180.00 HKD accepted as captured.",
      details: { state: "SUCCEEDED", acceptedAmount: "180.00 HKD" },
      note: "<script>alert('note')</script> The bank's desk says that one capture of 180.00 HKD was booked, the other one reversed. Case 4711.",
      proposedBy: "chen.wei"
    },
    9 * 3600
  ),
  made(
    {
      id: "prp_01K9ZR12",
      kind: "app",
      subject: "shop",
      summary: "Give shop a new key; the ones before open for 24 h more.",
      details: { type: "rotateKey", overlapHours: "24" },
      note: "The key was seen in a build log \u202Eטקסט.",
      proposedBy: "dmitri.o"
    },
    22.5 * 3600
  ),
  made(
    {
      id: "prp_01K9ZR13",
      kind: "app",
      subject: "ticketing",
      summary: "Tell ticketing at https://hooks.ticketing.example/payment-proxy/v2/events.",
      details: {
        type: "addEndpoint",
        url: "https://hooks.ticketing.example/payment-proxy/v2/events?tenant=asia-pacific&stage=production",
        events: '["order.*","refund.succeeded"]'
      },
      note: "New consumer for the ticket printer 🎫",
      proposedBy: "chen.wei"
    },
    120
  ),
  made(
    {
      id: "prp_01K9ZR14",
      kind: "app",
      subject: "shop",
      summary: "Let shop make 200 creates and no limit reads a second, and have 40 streams.",
      details: { type: "setLimits", limits: '{"createsPerSecond":200,"readsPerSecond":null,"streams":40}' },
      note: "Sale on 11 November",
      proposedBy: "maria.keller"
    },
    400
  )
]

const decided = (): Array<Kept> => [
  made(
    {
      id: "prp_01K9ZQ02",
      kind: "app",
      subject: "shop",
      summary: "Give shop a further key.",
      details: { type: "addKey" },
      note: "For the second data centre",
      proposedBy: "chen.wei",
      state: "approved",
      decidedBy: "dmitri.o",
      decidedAt: ago(3000),
      decidedNote: "Checked with the shop's team."
    },
    2 * 3600
  ),
  ...Array.from({ length: 27 }, (_, at): Kept => {
    const [state, decidedBy] = (
      [
        ["approved", "chen.wei"],
        ["rejected", "chen.wei"],
        ["ended", null],
        ["rejected", "maria.keller"]
      ] as const
    )[at % 4] ?? ["ended", null]
    return made(
      {
        id: `prp_01K9Y${String(90 - at).padStart(3, "0")}`,
        kind: at % 3 === 0 ? "resolve" : "refund",
        subject: `01K9V2H1Q800C4WN7RXA2D6ZEM${String(at).padStart(3, "0")}`,
        summary: at % 3 === 0 ? "Let it go on from CLOSED." : "Refund 2000.00 CNY.",
        details: at % 3 === 0 ? { state: "CLOSED", acceptedAmount: null } : { amount: at % 2 ? "2000.00 CNY" : null },
        note: at % 2 === 0 ? "渠道客服确认该笔未扣款。" : "Wrong size; returned within 14 days.",
        proposedBy: "maria.keller",
        state,
        decidedBy,
        decidedAt: decidedBy === null ? null : ago(day * (at + 1) - 900),
        decidedNote:
          decidedBy === null
            ? null
            : state === "approved"
              ? "Seen at the vendor's desk."
              : "金额与退货单不符，请重新提交。"
      },
      day * (at + 1)
    )
  })
]

let kept: ReadonlyArray<Kept> = [...open(), ...decided()]

const secrets = new Set(["addKey", "rotateKey", "addEndpoint", "rotateSecret"])

const shown = ({ isTaken, ...one }: Kept): Proposal => {
  const { role } = scenario()
  const isEnough = role === "administrator" || (role === "operator" && one.kind !== "app")
  return {
    ...one,
    mayApprove: one.state === "open" && one.proposedBy !== who() && isEnough,
    isToTake: one.state === "approved" && !isTaken && secrets.has(one.details["type"] ?? "") && one.proposedBy === who()
  }
}

/** Adds what an action proposes. */
export const propose = (part: Pick<Kept, "kind" | "subject" | "summary" | "details" | "note">): Proposal => {
  const one = made({ ...part, id: `prp_${Date.now()}`, proposedBy: who() }, 0)
  kept = [one, ...kept]
  return shown(one)
}

/** What is open or to be taken about a subject. */
export const proposalsOf = (subject: string): ReadonlyArray<Proposal> =>
  scenario().of === "busy"
    ? kept
        .filter((one) => one.subject === subject)
        .map(shown)
        .filter(({ state, isToTake }) => state === "open" || isToTake)
    : []

/** How many wait for a second person. */
export const openCount = (): number => kept.filter(({ state }) => state === "open").length

const decide = (id: string, state: "approved" | "rejected", note: string) => {
  const one = kept.find((other) => other.id === id)
  if (one === undefined) return fault("PROPOSAL_NOT_FOUND", "There is no such proposal.")
  if (one.state !== "open") return fault("PROPOSAL_ENDED", "It was decided by somebody else meanwhile.")
  if (state === "approved" && one.proposedBy === who())
    return fault("SECOND_PERSON_NEEDED", "You proposed it: another operator has to approve it.")
  const next: Kept = { ...one, state, decidedBy: who(), decidedAt: ago(0), decidedNote: note }
  kept = kept.map((other) => (other.id === id ? next : other))
  return shown(next)
}

const pageSize = 10

/** What takes two persons. */
export const proposals: Handlers = {
  "proposals.list": ({ query }) => {
    if (scenario().of !== "busy") return { items: [], next: null }
    const items = kept.filter(({ state }) => (query["state"] === "decided") === (state !== "open"))
    const from = Number(query["cursor"] ?? 0)
    const to = from + pageSize
    return { items: items.slice(from, to).map(shown), next: to < items.length ? String(to) : null }
  },
  "proposals.approve": ({ path, body }) => decide(path.id, "approved", body.note),
  "proposals.reject": ({ path, body }) => decide(path.id, "rejected", body.note),
  "proposals.take": ({ path }) => {
    const one = kept.find((other) => other.id === path.id)
    if (one === undefined || !shown(one).isToTake) return fault("PROPOSAL_ENDED", "It was taken already.")
    kept = kept.map((other) => (other.id === path.id ? { ...other, isTaken: true } : other))
    return { id: "k_01K9ZS5QGM", secret: "ppk_sample_key_of_no_use_4f8a2c0e9b7d6a5143f2e1d0c9b8a7f6e5d4c3b2a190" }
  }
}
