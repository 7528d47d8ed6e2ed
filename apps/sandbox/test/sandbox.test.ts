import { Webhook } from "standardwebhooks"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { retryMillis } from "../src/Notifications.ts"
import type { Payment } from "../src/Payments.ts"
import type { Got, World } from "./world.ts"
import { merchant, open, webhookSecret } from "./world.ts"

let sandbox: World
beforeAll(async () => {
  sandbox = await open()
})
afterEach(() => sandbox.faults())
afterAll(async () => {
  await sandbox.close()
  sandbox.sweep()
})

const pay = (number: string) => sandbox.call("POST", `/_payments/${number}/pay`)
const failure = (call: Promise<unknown>) =>
  call.then(
    () => "answered",
    () => "no answer"
  )

describe("tokens", () => {
  it("are granted for the right secret alone", async () => {
    expect((await sandbox.token()).json).toMatchObject({ token_type: "Bearer", scope: "payments", expires_in: 600 })
    const wrong = await sandbox.token("wrong")
    expect([wrong.status, (wrong.json as { error: string }).error]).toEqual([401, "invalid_client"])
  })

  it("open the API; without one, or with a bad one, it says so as RFC 6750 does", async () => {
    const bad = await sandbox.call("GET", "/payments/x", undefined, { authorization: "Bearer bad" })
    expect([bad.status, bad.headers.get("www-authenticate")]).toEqual([
      401,
      'Bearer realm="sandbox", error="invalid_token"'
    ])
    const none = await sandbox.call("GET", "/payments/x", undefined, { authorization: "" })
    expect(none.headers.get("www-authenticate")).toBe('Bearer realm="sandbox"')
  })

  it("are granted for the secrets that are good now: two while one is exchanged for the other", async () => {
    const statuses = async () => [(await sandbox.token()).status, (await sandbox.token("newer")).status]
    expect(await statuses()).toEqual([200, 401])
    await sandbox.call("PUT", "/_clients", { secrets: ["throwaway", "newer"] })
    expect(await statuses()).toEqual([200, 200])
    await sandbox.call("PUT", "/_clients", { secrets: ["newer"] })
    expect(await statuses()).toEqual([401, 200])
    await sandbox.call("PUT", "/_clients", { secrets: ["throwaway"] })
    for (const secrets of [[], [1], [""], "newer", ["a", "b", "c"]])
      expect((await sandbox.call("PUT", "/_clients", { secrets })).status).toBe(400)
  })

  it("end the older ones where that is asked for, at once, and not otherwise", async () => {
    const get = (world: World, token: string) =>
      world.call("GET", "/payments/x", undefined, { authorization: `Bearer ${token}` })
    const single = await open({ singleToken: true })
    const statuses = async (world: World) => {
      const tokens = []
      for (let count = 0; count < 2; count++) {
        const { access_token } = (await world.token()).json as { readonly access_token: string }
        expect((await get(world, access_token)).status).toBe(404)
        tokens.push(access_token)
      }
      return Promise.all(tokens.map(async (token) => (await get(world, token)).status))
    }
    expect(await statuses(single)).toEqual([401, 404])
    expect(await statuses(sandbox)).toEqual([404, 404])
    await single.close()
    single.sweep()
  })

  it("come from where both discovery documents say", async () => {
    for (const path of ["/.well-known/oauth-authorization-server/oauth", "/oauth/.well-known/openid-configuration"]) {
      const { json } = await sandbox.call("GET", path)
      expect(json).toMatchObject({ issuer: sandbox.issuer, token_endpoint: `${sandbox.issuer}/token` })
    }
  })
})

describe("a sign-in that is over", () => {
  it.each([
    ["en-GB", "This sign-in is over: begin again in the console."],
    ["zh-CN", "本次登录已失效，请返回控制台重新登录。"]
  ])("says so in the language of the browser: %s", async (language, words) => {
    const { status, text } = await sandbox.call("GET", "/oauth/sign-in/none", undefined, {
      "accept-language": language
    })
    expect([status, /<p>(.*)<\/p>/.exec(text)?.[1]]).toEqual([400, words])
  })
})

describe("payments", () => {
  it("are created once for a number, whatever is sent again", async () => {
    const body = { merchant_payment_no: "TWICE-1" }
    const first = await sandbox.create(body)
    const again = await sandbox.create(body)
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.json).toEqual(first.json)
    const other = await sandbox.create({ ...body, amount: 1 })
    expect([other.status, (other.json as { error: string }).error]).toEqual([422, "number_reused"])
  })

  it("are found by either number, and not otherwise", async () => {
    const payment = await sandbox.created()
    for (const path of [payment.id, payment.merchant_payment_no, `by-merchant-no/${payment.merchant_payment_no}`])
      expect((await sandbox.call("GET", `/payments/${path}`)).json).toEqual(payment)
    expect((await sandbox.call("GET", "/payments/by-merchant-no/NOTHING")).status).toBe(404)
  })

  it.each([
    ["an amount with a point", { amount: 12.5 }],
    ["no amount", { amount: 0 }],
    ["a currency that is none", { currency: "yuan" }],
    ["a scene that is none", { scene: "MOON" }],
    ["a number that is too short", { merchant_payment_no: "1" }],
    ["an expiry that is no time", { expires_at: "soon" }],
    ["an expiry that has passed", { expires_at: "2020-01-01T00:00:00Z" }],
    ["an address to notify that is none", { notify_url: "ftp://x" }]
  ])("with %s are refused, and not made", async (_, changes) => {
    expect((await sandbox.create(changes)).status).toBe(422)
  })

  it("need an Idempotency-Key, JSON, and at most 64 KB", async () => {
    expect((await sandbox.call("POST", "/payments", {}, { "idempotency-key": "" })).status).toBe(400)
    expect((await sandbox.call("POST", "/payments", "{")).status).toBe(400)
    expect((await sandbox.call("POST", "/payments", "x".repeat(70_000))).status).toBe(413)
  })

  it("can be closed while open; a paid one cannot, and says what it is", async () => {
    const open = await sandbox.created()
    expect((await sandbox.call("POST", `/payments/${open.id}/close`)).json).toMatchObject({ status: "CLOSED" })
    const paid = await sandbox.created()
    await pay(paid.id)
    const refused = await sandbox.call("POST", `/payments/by-merchant-no/${paid.merchant_payment_no}/close`)
    expect(refused.status).toBe(409)
    expect(refused.json).toMatchObject({ error: "already_succeeded", payment: { status: "SUCCEEDED" } })
  })

  it("are paid, refused, authorized and refunded as the desk says, within what is possible", async () => {
    const payment = await sandbox.created()
    const desk = (decision: string, body?: object) => sandbox.call("POST", `/_payments/${payment.id}/${decision}`, body)
    expect((await desk("refund")).status).toBe(409)
    expect((await desk("authorize")).json).toMatchObject({ status: "AUTHORIZED" })
    expect((await desk("pay")).json).toMatchObject({ status: "SUCCEEDED" })
    expect((await desk("refuse")).status).toBe(409)
    expect((await desk("refund", { amount: 234 })).json).toMatchObject({ refunded: 234 })
    expect((await desk("refund", { amount: 1001 })).status).toBe(409)
    expect((await desk("refund")).json).toMatchObject({ refunded: 1234 })
  })

  it("close by themselves when their time is over", async () => {
    const payment = await sandbox.created({ expires_at: new Date(Date.now() + 60_000).toISOString() })
    await sandbox.call("POST", "/_clock", { advanceMillis: 61_000 })
    expect((await sandbox.call("GET", `/payments/${payment.id}`)).json).toMatchObject({ status: "CLOSED" })
    await sandbox.call("POST", "/_clock", { advanceMillis: -61_000 })
  })
})

describe("the cashier", () => {
  const decide = (payment: Payment, decision: string, query = "") =>
    sandbox.call(
      "POST",
      `${new URL(payment.action.url).pathname}${new URL(payment.action.url).search}${query}`,
      `decision=${decision}`
    )

  it("shows amount, payee and subject, escaped, in the reader's language, and asks nothing from outside", async () => {
    const { action } = await sandbox.created({ subject: '<script>alert("x")</script>' })
    const page = await (await fetch(action.url)).text()
    expect(page).toContain("12.34")
    expect(page).not.toContain("<script>")
    expect(page).not.toMatch(/(?:src|href)="https?:/)
    expect(await (await fetch(`${action.url}&lang=zh`)).text()).toContain("立即付款")
    expect((await fetch(action.url)).headers.get("content-security-policy")).toContain("default-src 'none'")
  })

  it("takes the decision to pay, to refuse, and to wait", async () => {
    const [paid, refused, waiting] = await Promise.all([sandbox.created(), sandbox.created(), sandbox.created()])
    await decide(paid, "pay")
    await decide(refused, "refuse")
    expect((await decide(waiting, "later")).text).toContain("can still pay")
    const statuses = await Promise.all(
      [paid, refused, waiting].map(async ({ id }) => (await sandbox.call("GET", `/payments/${id}`)).json)
    )
    expect(statuses).toMatchObject([{ status: "SUCCEEDED" }, { status: "FAILED" }, { status: "PENDING" }])
  })

  it("becomes a receipt, which says who was paid how much for what, when, and leads back to the shop", async () => {
    const payment = await sandbox.created({ return_url: "http://shop.example/done?a=1&b=2" })
    await decide(payment, "pay")
    const page = await (await fetch(payment.action.url)).text()
    for (const text of ["Paid. Thank you.", "12.34", "merchant-demo", payment.id, "<time datetime="])
      expect(page).toContain(text)
    expect(page).toContain('id="back" href="http://shop.example/done?a=1')
    expect(page).not.toContain('id="pay"')
  })

  it("counts down to the end by the platform's clock, and then says that the time is over", async () => {
    const ends = new Date(Date.now() + 60_000).toISOString()
    const [expired, closed] = await Promise.all([
      sandbox.created({ expires_at: ends }),
      sandbox.created({ expires_at: ends })
    ])
    const left = /data-left="(\d+)"/.exec(await (await fetch(expired.action.url)).text())?.[1]
    expect(Number(left)).toBeGreaterThan(1000)
    expect(Number(left)).toBeLessThanOrEqual(60_000)
    await sandbox.call("POST", `/payments/${closed.id}/close`)
    await sandbox.call("POST", "/_clock", { advanceMillis: 61_000 })
    const page = await (await fetch(expired.action.url)).text()
    expect(page).toContain("This payment has expired")
    expect(page).not.toContain('id="pay"')
    const other = await (await fetch(closed.action.url)).text()
    expect(other).toContain("The shop closed it")
    expect(other).not.toContain("has expired")
    await sandbox.call("POST", "/_clock", { advanceMillis: -61_000 })
  })

  it("is where a phone comes to that scans a code of the platform", async () => {
    const { action } = await sandbox.created({ scene: "QR" })
    const page = await (await fetch(`${sandbox.url}/_qr?content=${encodeURIComponent(action.url)}`)).text()
    expect(page).toContain(`id="scan" href="${sandbox.url}/cashier/`)
    const foreign = await (
      await fetch(`${sandbox.url}/_qr?content=${encodeURIComponent("https://elsewhere.example/")}`)
    ).text()
    expect(foreign).not.toContain('id="scan"')
  })

  it("runs its own script alone", async () => {
    const { action } = await sandbox.created()
    const answer = await fetch(action.url)
    expect(answer.headers.get("content-security-policy")).toContain("script-src 'self'")
    expect((await answer.text()).match(/<script[^>]*>/g)).toEqual(['<script src="/cashier.js" defer>'])
    const script = await fetch(new URL("/cashier.js", action.url))
    expect(script.headers.get("content-type")).toMatch(/^text\/javascript/)
  })

  it("opens for who has its address alone", async () => {
    const { action } = await sandbox.created()
    expect((await fetch(action.url.replace(/t=.*/, "t=guess"))).status).toBe(404)
  })

  it("shows amounts as their currency is written", async () => {
    const yen = await sandbox.created({ currency: "JPY", amount: 1500 })
    expect(await (await fetch(yen.action.url)).text()).toContain("1,500<")
    const dinar = await sandbox.created({ currency: "KWD", amount: 1500 })
    expect(await (await fetch(dinar.action.url)).text()).toContain("1.500<")
  })
})

describe("faults", () => {
  it.each([
    ["drop-before-accept", "no answer", 0],
    ["drop-after-accept", "no answer", 1],
    ["error-before-accept", 503, 0],
    ["error-after-accept", 500, 1],
    ["reject", 422, 0],
    ["throttle", 429, 0],
    ["garbage", 200, 1],
    ["html", 200, 1],
    ["truncate", "no answer", 1],
    ["wrong-amount", 201, 1]
  ] as const)("%s on a create answers %s and leaves %i payments, and is counted", async (fault, answer, payments) => {
    const number = `FAULT-${fault}`
    await sandbox.faults({ on: "create", fault, number, times: 1 })
    const got = await sandbox.create({ merchant_payment_no: number }).then(
      ({ status }) => status,
      () => "no answer"
    )
    expect(got).toBe(answer)
    expect(await sandbox.fired()).toEqual([1])
    expect((await sandbox.ledger()).payments.filter((payment) => payment.merchant_payment_no === number).length).toBe(
      payments
    )
  })

  it("hang takes the create and never answers", async () => {
    await sandbox.faults({ on: "create", fault: "hang", number: "FAULT-hang" })
    const body = { merchant_payment_no: "FAULT-hang", amount: 1, currency: "CNY", subject: "s", scene: "WEB" }
    const { access_token } = (await sandbox.token()).json as { access_token: string }
    const headers = { authorization: `Bearer ${access_token}`, "idempotency-key": "k" }
    const leaving = new AbortController()
    const { signal } = leaving
    const answered = failure(
      fetch(`${sandbox.url}/payments`, { method: "POST", headers, body: JSON.stringify(body), signal })
    )
    await vi.waitFor(async () =>
      expect((await sandbox.ledger()).payments.map((payment) => payment.merchant_payment_no)).toContain("FAULT-hang")
    )
    // An answer would be here by now.
    await new Promise((done) => setTimeout(done, 150))
    leaving.abort()
    expect(await answered).toBe("no answer")
  })

  it("strike one payment or all, so many times, and with a chance that repeats for a seed", async () => {
    await sandbox.faults({ on: "query", fault: "not-found", number: "SOMEONE" })
    const payment = await sandbox.created()
    expect((await sandbox.call("GET", `/payments/${payment.id}`)).status).toBe(200)
    const statuses = async () => {
      await sandbox.faults({ on: "query", fault: "error-before-accept", probability: 0.5, seed: 7 })
      const all: Array<number> = []
      for (let count = 0; count < 20; count++) all.push((await sandbox.call("GET", `/payments/${payment.id}`)).status)
      return all
    }
    const first = await statuses()
    expect(await statuses()).toEqual(first)
    expect(new Set(first)).toEqual(new Set([200, 503]))
  })

  it("of a page in place of an answer say what they are told to, and nothing but a text", async () => {
    const { id } = await sandbox.created()
    await sandbox.faults({ on: "query", fault: "html", text: "<b>closed for lunch" })
    expect((await sandbox.call("GET", `/payments/${id}`)).text).toBe("<b>closed for lunch")
    expect((await sandbox.faults({ on: "query", fault: "html", text: 1 })).status).toBe(400)
  })

  it("that are none are refused by name", async () => {
    const refused = await sandbox.faults({ on: "create", fault: "explode" })
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining("fault 0")])
    expect((await sandbox.faults({ on: "moon", fault: "hang" })).text).toContain("create")
  })

  it("on the token server keep tokens away", async () => {
    await sandbox.faults({ on: "token", fault: "error-before-accept", times: 1 })
    expect((await sandbox.token()).status).toBe(503)
    expect((await sandbox.token()).status).toBe(200)
  })

  it.each([
    ["expires-huge", 1e15],
    ["expires-zero", 0],
    ["expires-negative", -1],
    ["expires-absent", undefined],
    ["expires-text", "soon"],
    ["expires-digits", "600"]
  ])("on the token server tell another life: %s", async (fault, expires_in) => {
    await sandbox.faults({ on: "token", fault, times: 1 })
    const { json } = await sandbox.token()
    expect(json).toMatchObject({ token_type: "Bearer" })
    expect((json as { readonly expires_in?: unknown }).expires_in).toBe(expires_in)
    expect((await sandbox.token()).json).toMatchObject({ expires_in: 600 })
  })
})

describe("notifications", () => {
  const verified = ({ headers, body }: Got) =>
    new Webhook(webhookSecret).verify(body, headers as Record<string, string>) as {
      readonly type: string
      readonly data: Payment
    }
  const isVerified = (got: Got) => {
    try {
      verified(got)
      return true
    } catch {
      return false
    }
  }
  const after = async (count: number, got: ReadonlyArray<Got>) => {
    await vi.waitFor(() => expect(got.length).toBeGreaterThanOrEqual(count), { timeout: 3000, interval: 5 })
    return got
  }

  it("tell of a change, signed as an independent library verifies", async () => {
    const { url, got, close } = await merchant()
    const payment = await sandbox.created({ notify_url: url })
    await pay(payment.id)
    const [first] = await after(1, got)
    expect(first && verified(first)).toMatchObject({
      type: "payment.succeeded",
      data: { id: payment.id, status: "SUCCEEDED", amount: 1234 }
    })
    close()
  })

  it("are tried again, under one id, until they are taken", async () => {
    const { url, got, close } = await merchant(500, 503)
    const payment = await sandbox.created({ notify_url: url })
    await pay(payment.id)
    const all = await after(3, got)
    expect(new Set(all.map(({ headers }) => headers["webhook-id"])).size).toBe(1)
    expect(all.every(isVerified)).toBe(true)
    await vi.waitFor(async () => {
      const tries = (await sandbox.ledger()).notifications.filter(
        ({ number }) => number === payment.merchant_payment_no
      )
      expect(tries.map(({ attempt, status }) => [attempt, status])).toEqual([
        [1, 500],
        [2, 503],
        [3, 204]
      ])
    })
    close()
  })

  it.each([
    ["duplicate", { copies: 4 }, 4, true],
    ["wrong-signature", {}, 1, false],
    ["altered", {}, 1, false]
  ] as const)("with the fault %s come so", async (fault, settings, count, isRight) => {
    const { url, got, close } = await merchant()
    const payment = await sandbox.created({ notify_url: url })
    await sandbox.faults({ on: "notify", fault, number: payment.merchant_payment_no, times: 1, ...settings })
    await pay(payment.id)
    const all = await after(count, got)
    expect(all.map(isVerified)).toEqual(Array.from({ length: count }, () => isRight))
    close()
  })

  it("say another amount or another merchant, rightly signed, where a fault wants it", async () => {
    const { url, got, close } = await merchant()
    for (const [fault, said] of [
      ["wrong-amount", { amount: 1235 }],
      ["foreign-merchant", { merchant_id: "merchant-foreign" }]
    ] as const) {
      const payment = await sandbox.created({ notify_url: url })
      await sandbox.faults({ on: "notify", fault, number: payment.merchant_payment_no, times: 1 })
      await pay(payment.id)
      await vi.waitFor(() => expect(got.map(verified).some(({ data }) => data.id === payment.id)).toBe(true))
      expect(got.map(verified).find(({ data }) => data.id === payment.id)?.data).toMatchObject(said)
    }
    close()
  })

  it("that are suppressed never come", async () => {
    const { url, got, close } = await merchant()
    const payment = await sandbox.created({ notify_url: url })
    await sandbox.faults({ on: "notify", fault: "suppress", number: payment.merchant_payment_no })
    await pay(payment.id)
    expect(await sandbox.fired()).toEqual([1])
    expect(got.length).toBe(0)
    close()
  })

  it("can overtake the create's own answer", async () => {
    const { url, got, close } = await merchant()
    await sandbox.faults({ on: "notify", fault: "before-answer", number: "OVERTAKEN-1" })
    await sandbox.create({ merchant_payment_no: "OVERTAKEN-1", notify_url: url })
    expect(got.length).toBe(1)
    close()
  })

  it("of one payment can change places", async () => {
    const { url, got, close } = await merchant()
    const payment = await sandbox.created({ notify_url: url })
    await sandbox.faults({ on: "notify", fault: "reorder", number: payment.merchant_payment_no, times: 1 })
    await pay(payment.id)
    await sandbox.call("POST", `/_payments/${payment.id}/refund`)
    const types = (await after(2, got)).map((one) => verified(one).type)
    expect(types).toEqual(["payment.refunded", "payment.succeeded"])
    close()
  })

  it("are tried for hours, unless they are taken", () => {
    expect(retryMillis.length).toBe(19)
    expect(retryMillis.reduce((sum, millis) => sum + millis, 0)).toBeGreaterThan(3_600_000)
  })
})

describe("the ledger", () => {
  it("holds every request with what it did", async () => {
    const payment = await sandbox.created()
    await sandbox.call("GET", `/payments/${payment.id}`)
    const ours = (await sandbox.ledger()).requests.filter(({ numbers }) =>
      numbers.includes(payment.merchant_payment_no)
    )
    expect(ours.map(({ did, status }) => [did, status])).toEqual([
      ["created", 201],
      ["queried", 200]
    ])
  })

  it("outlives the process: payments, and notifications that were on their way", async () => {
    const { url, got, close } = await merchant(500)
    const first = await open({ retryMillis: [60_000] })
    const payment = await first.created({ notify_url: url })
    await first.call("POST", `/_payments/${payment.id}/pay`)
    await after500(got)
    await first.close()
    const second = await open({ folder: first.folder, retryMillis: [60_000, 60_000] })
    expect((await second.call("GET", `/payments/${payment.id}`)).json).toMatchObject({
      id: payment.id,
      status: "SUCCEEDED"
    })
    await vi.waitFor(() => expect(got.length).toBe(2), { timeout: 3000 })
    await second.close()
    second.sweep()
    close()
  })

  const after500 = (got: ReadonlyArray<Got>) => vi.waitFor(() => expect(got.length).toBe(1), { timeout: 3000 })
})
