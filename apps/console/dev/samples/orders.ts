import type { Answer, Input } from "../../src/Admin.ts"
import { fault, type Handlers, Lines, Stream } from "./Fake.ts"
import { fresh, rows as madeRows } from "./orderRows.ts"
import { csv, matching } from "./orderSearch.ts"
import { type Detail, type Row, storyOf } from "./orderStories.ts"
import { scenario } from "./scenario.ts"

type Proposal = Detail["proposals"][number]
type Told = ReturnType<typeof storyOf>

let rows: ReadonlyArray<Row> = madeRows(Date.now(), 1234)
const told = new Map<string, Told>()
const watchers = new Set<(number: string, version: number) => void>()
const filters = new Map<string, Input<"orders.saveFilter">["body"]>([
  ["Held at WeChat Pay", { status: "HELD", vendor: "wechatpay" }],
  ["大额待退款", { status: "SUCCEEDED", currency: "CNY", amountFrom: "5000" }]
])
const operators = { viewer: "sun.li", operator: "maria.keller", administrator: "chen.wei" } as const
const me = (): string => operators[scenario().role]

const byNumber = (number: string): Told | null => {
  const row = rows.find(({ payOrderNo }) => payOrderNo === number || `${payOrderNo.slice(0, 28)}R` === number)
  if (row === undefined) return null
  const known = told.get(row.payOrderNo) ?? withProposal(storyOf(row))
  told.set(row.payOrderNo, known)
  return known
}

const withProposal = (detail: Told): Told =>
  detail.order.heldReason === "AMOUNT_MISMATCH"
    ? {
        ...detail,
        proposals: [
          proposal(
            "resolve",
            detail.order.payOrderNo,
            { state: "CLOSED", acceptedAmount: "188.00 EUR" },
            "Vendor's desk confirmed by phone, case 88213: the payer got it back.",
            "lars.holm"
          )
        ]
      }
    : detail

let count = 0
const summaryOf = (subject: string, { state, amount }: Proposal["details"]): string =>
  typeof state === "string" ? `Let ${subject} go on from ${state}.` : `Refund ${amount ?? "a part"} of ${subject}.`

const proposal = (
  kind: Proposal["kind"],
  subject: string,
  details: Proposal["details"],
  note: string,
  by = me()
): Proposal => {
  count += 1
  return {
    id: `prp_${String(count).padStart(8, "0")}`,
    kind,
    subject,
    summary: summaryOf(subject, details),
    details,
    note,
    proposedBy: by,
    proposedAt: new Date(Date.now() - (by === me() ? 0 : 2_400_000)).toISOString(),
    state: "open",
    decidedBy: null,
    decidedAt: null,
    decidedNote: null,
    endsAt: new Date(Date.now() + 84_000_000).toISOString(),
    mayApprove: false,
    isToTake: false
  }
}

const allowedIn: Readonly<Record<Row["status"], Detail["allowed"]>> = {
  CREATED: ["close"],
  SUBMITTING: ["sync", "close"],
  PENDING: ["sync", "close"],
  AUTHORIZED: ["sync", "close", "capture"],
  SUCCEEDED: ["sync", "refund"],
  PARTIALLY_REFUNDED: ["sync", "refund"],
  REFUNDED: ["sync"],
  FAILED: ["sync"],
  CLOSING: ["sync"],
  CLOSED: ["sync"],
  LATE_PAID: ["sync", "accept"],
  HELD: ["sync", "resolve"]
}

const minus = (a: string, b: string): string => {
  const decimals = a.split(".")[1]?.length ?? 0
  const minor = (text: string) => {
    const [whole = "0", part = ""] = text.split(".")
    return BigInt(`${whole}${part.padEnd(decimals, "0")}`)
  }
  const text = (minor(a) - minor(b)).toString().padStart(decimals + 1, "0")
  return decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`
}

const shown = (detail: Told): Detail => {
  const { order } = detail
  const isPaid = order.status === "SUCCEEDED" || order.status === "PARTIALLY_REFUNDED"
  const left = minus(minus(order.captured.value, order.refunded.value), order.disputed.value)
  return {
    ...detail,
    proposals: detail.proposals.map((each) => ({
      ...each,
      mayApprove: each.state === "open" && each.proposedBy !== me() && scenario().role !== "viewer"
    })),
    allowed: scenario().role === "viewer" ? [] : allowedIn[order.status],
    refundable: isPaid && !/^0(\.0+)?$/.test(left) ? left : null,
    capturable: order.status === "AUTHORIZED" ? order.amount.value : null,
    resolvable: order.status === "HELD" ? ["PENDING", "SUCCEEDED", "FAILED", "CLOSED"] : []
  }
}

const changed = (detail: Told): Row => {
  told.set(detail.order.payOrderNo, detail)
  rows = rows.map((row) => (row.payOrderNo === detail.order.payOrderNo ? detail.order : row))
  for (const watcher of watchers) watcher(detail.order.payOrderNo, detail.order.version)
  return detail.order
}

const moved = (detail: Told, cause: string, patch: Partial<Row>, said: string | null = null): Told => {
  const order = { ...detail.order, ...patch, version: detail.order.version + 1 }
  const at = new Date().toISOString()
  const line = {
    version: order.version,
    status: order.status,
    cause,
    detail: said,
    at,
    number: order.payOrderNo,
    chained: true
  }
  return { ...detail, order, history: [...detail.history, line] }
}

const later = (number: string, millis: number, next: (detail: Told) => Told): void =>
  void setTimeout(() => {
    const detail = byNumber(number)
    if (detail !== null) changed(next(detail))
  }, millis)

const by = (reason: string): string => `By ${JSON.stringify(me())}: ${JSON.stringify(reason)}`

type Acted = { readonly path: { readonly payOrderNo: string }; readonly body: { readonly reason: string } }

const acting =
  <A>(action: Detail["allowed"][number], act: (detail: Told, given: A & Acted) => Row) =>
  (given: A & Acted) => {
    const detail = byNumber(given.path.payOrderNo)
    if (detail === null) return fault("ORDER_NOT_FOUND", "There is no such order.")
    if (given.body.reason === "refuse") return fault("CONTENDED", "The order is moving: try again.")
    if (!allowedIn[detail.order.status].includes(action))
      return fault("NOT_ALLOWED", `${action} is not open in ${detail.order.status}.`)
    return act(detail, given)
  }

const refunded = (detail: Told, amount: string): Told => {
  const { order } = detail
  const refundNo = `${order.payOrderNo.slice(0, 27)}X${detail.refunds.length}`
  const isAll = minus(minus(order.captured.value, order.refunded.value), amount).replace(/[0.]/g, "") === ""
  later(order.payOrderNo, 3000, (now) =>
    moved(
      {
        ...now,
        refunds: now.refunds.map((each) =>
          each.refundNo === refundNo
            ? {
                ...each,
                status: "SUCCEEDED",
                inDoubt: false,
                version: 2,
                refundedAt: new Date().toISOString(),
                vendorRefundNo: "50302009922026112738174001"
              }
            : each
        )
      },
      "refund:succeeded",
      {
        status: isAll ? "REFUNDED" : "PARTIALLY_REFUNDED",
        refunded: {
          ...order.refunded,
          value: minus(order.captured.value, minus(minus(order.captured.value, order.refunded.value), amount))
        }
      },
      refundNo
    )
  )
  const refund = {
    refundNo,
    payOrderNo: order.payOrderNo,
    status: "SUBMITTING",
    inDoubt: true,
    version: 1,
    amount: { ...order.amount, value: amount },
    reason: null,
    createdAt: new Date().toISOString(),
    refundedAt: null,
    failure: null,
    heldReason: null,
    vendorRefundNo: null
  } as const
  return moved({ ...detail, refunds: [...detail.refunds, refund] }, "refund", {}, refundNo)
}

const deciding =
  (state: "approved" | "rejected") =>
  (given: { readonly path: { readonly id: string }; readonly body: { readonly note: string } }) => {
    for (const detail of [...told.values()]) {
      const open = detail.proposals.find(({ id }) => id === given.path.id)
      if (open === undefined) continue
      if (open.state !== "open") return fault("PROPOSAL_ENDED", "It was decided already.")
      if (state === "approved" && open.proposedBy === me())
        return fault("SECOND_PERSON_NEEDED", "Another operator has to approve it.")
      const decided: Proposal = {
        ...open,
        state,
        decidedBy: me(),
        decidedAt: new Date().toISOString(),
        decidedNote: given.body.note
      }
      const next = { ...detail, proposals: detail.proposals.map((each) => (each.id === open.id ? decided : each)) }
      const to = open.details["state"] as Row["status"]
      if (state === "rejected") changed(next)
      else if (open.kind === "resolve")
        changed(
          moved(
            next,
            "resolve",
            { status: to, heldReason: null },
            `Proposed by "${open.proposedBy}", approved by "${me()}" (${open.id}): "${open.note}"`
          )
        )
      else changed(refunded(next, open.details["amount"]?.split(" ")[0] ?? "1.00"))
      return decided
    }
    return fault("PROPOSAL_NOT_FOUND", "There is no such proposal.")
  }

const reading: Handlers = {
  "orders.search": ({ query }) => {
    const found = matching(rows, query as never)
    const { cursor, limit = "25" } = query as Readonly<Record<string, string>>
    const from =
      cursor === undefined
        ? 0
        : Math.max(
            found.findIndex(({ payOrderNo }) => payOrderNo === cursor),
            0
          )
    const end = from + Number(limit)
    // Now and then one comes in.
    if (cursor === undefined && Number(limit) === 1 && Math.random() < 0.5)
      rows = [fresh(Date.now(), Date.now() % 100_000), ...rows]
    return { items: found.slice(from, end), next: found[end]?.payOrderNo ?? null }
  },
  "orders.count": ({ query }) => {
    const found = matching(rows, query as never).length
    return found > 1000 ? { count: Math.round(found / 100) * 100, isExact: false } : { count: found, isExact: true }
  },
  "orders.export": ({ query }) => new Lines(csv(matching(rows, query as never))),
  "orders.read": ({ path }) => {
    const detail = byNumber(path.payOrderNo)
    return detail === null ? fault("ORDER_NOT_FOUND", "There is no such order: check its number.") : shown(detail)
  },
  "orders.live": ({ path }) =>
    new Stream((send) => {
      const watch = (number: string, version: number) => {
        if (number === byNumber(path.payOrderNo)?.order.payOrderNo) send("changed", { number, version })
      }
      watchers.add(watch)
      return () => void watchers.delete(watch)
    }),
  "orders.filters": () =>
    [...filters].map(([name, filter]) => ({ name, filter })).toSorted((a, b) => a.name.localeCompare(b.name)),
  "orders.saveFilter": ({ path, body }) => void filters.set(path.name, body),
  "orders.dropFilter": ({ path }) => void filters.delete(path.name)
}

const changing: Handlers = {
  "orders.sync": acting("sync", (detail, { body }) =>
    changed(
      moved(
        detail,
        detail.order.status === "SUBMITTING" ? "query:open" : "query:known",
        detail.order.status === "SUBMITTING" ? { status: "PENDING", inDoubt: false } : {},
        by(body.reason)
      )
    )
  ),
  "orders.close": acting("close", (detail, { body }) => {
    later(detail.order.payOrderNo, 2500, (now) => moved(now, "close:closed", { status: "CLOSED" }))
    return changed(moved(detail, "close", { status: "CLOSING", next: null }, by(body.reason)))
  }),
  "orders.capture": acting(
    "capture",
    (
      detail,
      { body }: { readonly body: { readonly reason: string; readonly amount?: string | undefined } } & Acted
    ) => {
      const value = body.amount ?? detail.order.amount.value
      later(detail.order.payOrderNo, 2500, (now) =>
        moved(now, "operation:paid", { status: "SUCCEEDED", captured: { ...now.order.amount, value } })
      )
      return changed(moved(detail, "capture asked", {}, by(body.reason)))
    }
  ),
  "orders.accept": acting("accept", (detail, { body }) =>
    changed(moved(detail, "accept", { status: "SUCCEEDED" }, by(body.reason)))
  ),
  "orders.refund": ({ path, body }) => {
    const detail = byNumber(path.payOrderNo)
    if (detail === null) return fault("ORDER_NOT_FOUND", "There is no such order.")
    const amount = minus(
      body.amount === undefined
        ? (shown(detail).refundable ?? "0")
        : minus(detail.order.amount.value, minus(detail.order.amount.value, body.amount)),
      "0"
    )
    if (Number(amount) > 1000) {
      const made = proposal(
        "refund",
        detail.order.payOrderNo,
        { amount: `${amount} ${detail.order.amount.currency}`, reason: body.reason },
        body.reason
      )
      changed({ ...detail, proposals: [...detail.proposals, made] })
      return { refund: null, proposal: made }
    }
    const next = refunded(detail, amount)
    changed(next)
    return { refund: next.refunds.at(-1) ?? null, proposal: null }
  },
  "orders.resolve": ({ path, body }) => {
    const detail = byNumber(path.payOrderNo)
    if (detail === null) return fault("ORDER_NOT_FOUND", "There is no such order.")
    if (detail.proposals.some(({ state }) => state === "open"))
      return fault("PROPOSAL_OPEN", "Another proposal is open: decide that first.")
    const made = proposal(
      "resolve",
      body.refundNo ?? detail.order.payOrderNo,
      { state: body.state, acceptedAmount: body.acceptedAmount ?? null },
      body.reason
    )
    changed({ ...detail, proposals: [...detail.proposals, made] })
    return made
  },
  "orders.resend": ({ path, body }) => {
    if (body.reason === "refuse") return fault("NO_ENDPOINT", "No endpoint of the app wants this event.")
    for (const detail of [...told.values()])
      if (detail.deliveries.some(({ eventId }) => eventId === path.eventId))
        changed({
          ...detail,
          deliveries: detail.deliveries.map((each) =>
            each.eventId === path.eventId
              ? {
                  ...each,
                  state: "delivered",
                  nextAt: null,
                  tries: [...each.tries, { at: new Date().toISOString(), status: 200, millis: 41, said: "ok" }]
                }
              : each
          )
        })
    return { deliveries: 1 }
  },
  "proposals.approve": deciding("approved"),
  "proposals.reject": deciding("rejected")
}

/** Orders, and what operators do with them: what is done here is seen at once. */
export const orders: Handlers = { ...reading, ...changing }

/** All open and decided proposals about orders. */
export const orderProposals = (): Answer<"proposals.list">["items"] =>
  rows.slice(0, 20).flatMap(({ payOrderNo }) => {
    const detail = byNumber(payOrderNo)
    return detail === null ? [] : shown(detail).proposals
  })
