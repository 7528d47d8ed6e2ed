import type { ServerResponse } from "node:http"
import type { Makers } from "../src/vendors/index.ts"
import type { Kit } from "../src/vendors/Kit.ts"
import type { Words } from "../src/vendors/Serving.ts"
import * as Serving from "../src/vendors/Serving.ts"
import type { Call, Decided, Decision, Held, Make, Reply } from "../src/vendors/Vendor.ts"

const retryMillis = [5, 5, 5]

const reply = (status: number, body: unknown, did: string, number: string): Reply => ({
  status,
  headers: { "content-type": "application/json", "echo-signature": "signed" },
  body: JSON.stringify(body),
  did,
  numbers: [number]
})

const words: Words = (what, status) => reply(status ?? (what === "throttle" ? 429 : 503), { code: what }, "", "")

interface Paid {
  readonly paid: string
}

/** A vendor that is as small as one can be: it makes payments of what it is told, and tells of their being paid. */
class Echo {
  readonly #kit: Kit
  readonly #all = new Map<string, Held>()
  #told = 0

  constructor(kit: Kit) {
    this.#kit = kit
    for (const change of kit.changes()) this.#apply(change as Held | Paid)
    for (const { status, number } of this.#all.values())
      if (status === "paid" && !kit.courier.isTaken(number, "PAID")) void this.#tell(number)
  }

  #apply(change: Held | Paid): void {
    if (!("paid" in change)) return void this.#all.set(change.number, change)
    const held = this.#all.get(change.paid)
    if (held !== undefined) this.#all.set(change.paid, { ...held, status: "paid", capturedMinor: held.amountMinor })
  }

  #change(change: Held | Paid): void {
    this.#kit.write(change)
    this.#apply(change)
  }

  #tell(number: string): Promise<void> {
    this.#told += 1
    const id = `echo-${this.#told}`
    return this.#kit.courier.send({
      number,
      event: "PAID",
      url: this.#all.get(number)?.id ?? "",
      message: (oddity, attempt) => ({
        headers: { "content-type": "text/plain", "echo-id": id },
        body: `${number} ${attempt} ${oddity ?? "right"}`,
        genuine: oddity === undefined,
        id
      }),
      isTaken: (status, body) => status === 200 && body === "success",
      retryMillis
    })
  }

  /** POST /pay/{number}?notify=… makes a payment, GET asks for it, POST /broken breaks. */
  handle(call: Call, response: ServerResponse): Promise<void> {
    if (call.url.pathname === "/broken") throw new Error("The echo broke, as it was told to.")
    const number = call.url.pathname.slice("/pay/".length)
    const on = call.method === "POST" ? "create" : "query"
    const act = (own: string | undefined) => {
      if (on === "create") this.#change(this.#made(number, call.url.searchParams.get("notify")))
      const held = this.#all.get(number)
      return held === undefined
        ? reply(404, { code: "unknown" }, "refused", number)
        : reply(200, { number, own: own ?? null, said: call.body.toString("utf8"), target: call.target }, on, number)
    }
    return Serving.answer(this.#kit, call, response, { on, number, act, words })
  }

  #made(number: string, notify: string | null): Held {
    const made = {
      vendor: this.#kit.name,
      number,
      id: notify,
      status: "open",
      amountMinor: 100,
      currency: "CNY"
    } as const
    return { ...made, capturedMinor: 0, refunds: [] }
  }

  held(): ReadonlyArray<Held> {
    return [...this.#all.values()]
  }

  async decide(number: string, decision: Decision): Promise<Decided | undefined> {
    if (!this.#all.has(number)) return undefined
    if (decision.verb !== "pay") return { status: 409, body: { decision } }
    this.#change({ paid: number })
    await this.#tell(number)
    return { status: 200, body: { decision } }
  }

  /** What is open when its time is over is closed, which is an hour of the sandbox's clock after the machine's. */
  sweep(): void {
    if (this.#kit.clock.offsetMillis < 3_600_000) return
    for (const held of this.#all.values()) if (held.status === "open") this.#change({ ...held, status: "closed" })
  }
}

let made = 0

const make: Make = async (kit) => {
  const secret = await kit.kept("secret", () => `throwaway-${++made}`)
  const echo = new Echo(kit)
  return {
    credentials: { url: kit.url, secret },
    handle: async (call, response) => echo.handle(call, response),
    held: () => echo.held(),
    decide: (number, decision) => echo.decide(number, decision),
    sweep: () => echo.sweep()
  }
}

/** Two vendors of tests that are alike. */
export const echoes: Makers = { echo: async () => make, other: async () => make }
