import { SandboxVendors } from "@payment-proxy/testkit"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ask } from "../proxied/calls.ts"
import { open, type World } from "./world.ts"

/** What a forger, a stranger or chance makes of a notification, as far as a vendor's notifications have it; and the reason for which it is refused. */
const oddities: { readonly [name in SandboxVendors.Name]: ReadonlyArray<readonly [oddity: string, reason: string]> } = {
  wechatpay: [
    ["wrong-signature", "SIGNATURE"],
    ["altered", "SIGNATURE"],
    ["stale", "STALE"],
    ["wrong-serial", "KEY"],
    ["truncated", "CONTENT"],
    ["foreign-merchant", "FOREIGN"],
    ["other-app", "FOREIGN"],
    ["wrong-amount", "AMOUNT"],
    ["wrong-currency", "AMOUNT"],
    ["probe", "PROBE"]
  ],
  alipay: [
    ["wrong-signature", "SIGNATURE"],
    ["altered", "SIGNATURE"],
    ["foreign-merchant", "FOREIGN"],
    ["other-app", "FOREIGN"],
    ["wrong-amount", "AMOUNT"]
  ],
  mpgs: [
    ["wrong-signature", "SIGNATURE"],
    ["foreign-merchant", "FOREIGN"],
    ["truncated", "CONTENT"]
  ],
  paypal: [
    ["wrong-signature", "SIGNATURE"],
    ["altered", "SIGNATURE"],
    ["other-app", "SIGNATURE"],
    ["wrong-serial", "CERTIFICATE"],
    ["expired-certificate", "CERTIFICATE"]
  ]
}

const isTaken = (status: number) => status >= 200 && status < 300

describe.each(SandboxVendors.names)("what %s tells", (name) => {
  let world: World
  beforeAll(async () => {
    world = await open(name, { isWorking: false })
  }, 60_000)
  afterAll(() => world?.close())

  const soon = async (isThere: () => boolean | Promise<boolean>) => {
    for (let tries = 0; tries < 200 && !(await isThere()); tries++) await new Promise((done) => setTimeout(done, 25))
  }

  /** Works until the order has ended, at most some rounds: a vendor that is asked, and a call that takes the money. */
  const worked = async (payOrderNo: string) => {
    for (let rounds = 0; rounds < 40 && (await world.read(payOrderNo)).status === "PENDING"; rounds++) {
      await world.work()
      await new Promise((done) => setTimeout(done, 25))
    }
    return world.read(payOrderNo)
  }

  const paid = async () => {
    const { order } = await world.place()
    const before = world.told().length
    await world.pay(order)
    await soon(() => world.told().length > before)
    const told = world.told().slice(before)
    return { payOrderNo: order.payOrderNo, told: told[0] ?? expect.fail("nothing was told") }
  }

  const again = ({ target, headers, body }: { target: string; headers: object; body: Buffer }) =>
    ask(world.gateway.url, "POST", target, {
      headers: Object.fromEntries(
        Object.entries(headers).filter(
          ([header]) => !["host", "connection", "content-length", "transfer-encoding"].includes(header)
        )
      ) as Record<string, string>,
      body
    })

  it("F40: a hundred copies at once are each answered received, and move the order once", async () => {
    const { payOrderNo, told } = await paid()
    const answers = await Promise.all(Array.from({ length: 100 }, () => again(told)))
    expect(new Set(answers.map(({ status }) => isTaken(status)))).toEqual(new Set([true]))
    expect((await worked(payOrderNo)).status).toBe("SUCCEEDED")
    const { version } = await world.read(payOrderNo)
    await Promise.all(Array.from({ length: 20 }, () => again(told)))
    await world.work()
    await world.work()
    expect((await world.read(payOrderNo)).version).toBe(version)
    const states = (await world.causes(payOrderNo)).filter((cause) => cause.endsWith(":paid"))
    expect(states).toHaveLength(1)
  })

  it.each(oddities[name])(
    "F41: %s is refused (%s) and changes nothing; a true one after it passes",
    async (oddity, reason) => {
      const { order } = await world.place()
      const { payOrderNo } = order
      const refused = world.refused().length
      const before = world.told().length
      await world.faults(
        { on: "notify", fault: oddity, number: payOrderNo, times: 1 },
        { on: "notify", fault: "duplicate", copies: 2, number: payOrderNo, times: 1 }
      )
      await world.pay(order)
      await soon(() => world.told().length >= before + 2)
      await world.faults()
      const told = world.told().slice(before)
      const verdicts = told.map(({ answer }) => isTaken(answer.status) && answer.body.toString() !== "fail")
      expect(verdicts.filter((isGood) => !isGood)).toHaveLength(1)
      const lines = world.refused().slice(refused)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain(`"reason":"${reason}"`)
      expect(await world.causes(payOrderNo)).toEqual(["submit", "create:open"])
      expect((await worked(payOrderNo)).status).toBe("SUCCEEDED")
    }
  )

  it("F41: what is huge, empty, of another form or of no known order is refused or kept, and changes nothing", async () => {
    const { payOrderNo, told } = await paid()
    const before = (await world.read(payOrderNo)).version
    const shapes = [
      Buffer.alloc(0),
      Buffer.from("{"),
      Buffer.from("a=b"),
      Buffer.alloc(200_000, 65),
      Buffer.from([0xff, 0xfe, 0])
    ]
    for (const body of shapes) {
      const { status } = await again({ ...told, body })
      expect(isTaken(status) && name !== "alipay").toBe(false)
    }
    expect((await world.read(payOrderNo)).version).toBe(before)
    expect(isTaken((await again(told)).status)).toBe(true)
    expect((await worked(payOrderNo)).status).toBe("SUCCEEDED")
  })

  it("F42: a vendor to whom our answer is lost tells again, is answered the same, and nothing moves", async () => {
    const { order } = await world.place()
    const before = world.told().length
    world.toUs.lose(1)
    await world.pay(order)
    await soon(() => world.told().length > before)
    const first = world.told()[before] ?? expect.fail("nothing was told")
    expect((await worked(order.payOrderNo)).status).toBe("SUCCEEDED")
    const { version } = await world.read(order.payOrderNo)
    const second = await again(first)
    expect([second.status, second.body.toString()]).toEqual([first.answer.status, first.answer.body.toString()])
    await world.work()
    expect((await world.read(order.payOrderNo)).version).toBe(version)
  })
})
