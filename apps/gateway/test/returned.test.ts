import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Sqlite from "@payment-proxy/adapter-sqlite"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { World } from "./world.ts"
import { open } from "./world.ts"

const folder = mkdtempSync(join(tmpdir(), "payment-proxy-returned-"))
let world: World
beforeAll(async () => {
  world = await open(Sqlite.layer({ filename: join(folder, "test.db") }))
})
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

let serial = 0

/** An order that its payer has paid. */
const paid = async (returnUrl?: string): Promise<string> => {
  serial += 1
  const { body } = await world.call("POST", "/v1/orders", {
    headers: { "idempotency-key": `key-${serial}` },
    body: JSON.stringify({
      vendor: "platform",
      amount: { value: "12.34", currency: "CNY" },
      method: "ALIPAY",
      source: "WEB",
      description: "Travel insurance, 3 days",
      ...(returnUrl === undefined ? {} : { returnUrl })
    })
  })
  const { payOrderNo } = body as { readonly payOrderNo: string }
  await world.run(world.fake.pay(payOrderNo))
  return payOrderNo
}

const back = (query: string, headers: Record<string, string> = {}) =>
  fetch(`${world.url}/return/platform?${query}`, { headers, redirect: "manual" })

describe("a payer who comes back", () => {
  it.each([
    ["https://shop.example/done?a=1&b=%20#end", "https://shop.example/done?a=1&b=%20#end"],
    ["https://shop.example/完成?q=é", "https://shop.example/%E5%AE%8C%E6%88%90?q=%C3%A9"],
    ["https://例子.example/", "https://xn--fsqu00a.example/"]
  ])("is sent on to %s, as an address that every header takes", async (returnUrl, location) => {
    const answer = await back(`order=${await paid(returnUrl)}&resultIndicator=abc`)
    expect([answer.status, answer.headers.get("location")]).toEqual([303, location])
    expect(answer.headers.get("cache-control")).toBe("no-store")
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer")
    expect(await answer.text()).toBe("")
  })

  it("sees a page that nothing keeps where the order names none, in the language that the browser prefers", async () => {
    const order = await paid()
    for (const [accepted, title] of [
      ["zh-CN,zh;q=0.9", "付款页面已返回"],
      ["de", "Back from the payment"]
    ] as const) {
      const answer = await back(`order=${order}`, { "accept-language": accepted })
      expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"])
      expect(await answer.text()).toContain(`<h1>${title}</h1>`)
    }
  })

  it.each(["order=", "order=%00", "order=%ED%A0%80", `order=${"x".repeat(5000)}`])(
    "is told that there is no such order, by %s",
    async (query) => {
      expect((await back(query)).status).toBe(404)
    }
  )
})
