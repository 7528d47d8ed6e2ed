import { Work } from "@payment-proxy/application"
import { Orders } from "@payment-proxy/ports"
import { SandboxVendors, type Scene } from "@payment-proxy/testkit"
import { Effect } from "effect"
import { json } from "../proxied/calls.ts"
import * as Gateway from "../proxied/world.ts"
import * as Relay from "./relay.ts"

/** An order as the order API shows it. */
export interface Shown {
  readonly payOrderNo: string
  readonly status: string
  readonly inDoubt: boolean
  readonly version: number
  readonly transactionNo: string | null
  readonly next: { readonly type: string; readonly [member: string]: unknown } | null
}

const amountIn = (currency: string): string => (currency === "JPY" ? "1234" : currency === "KWD" ? "1.234" : "12.34")

let serial = 0

const isQuery: { readonly [name in SandboxVendors.Name]: (method: string, target: string) => boolean } = {
  wechatpay: (method, target) => method === "GET" && target.includes("/out-trade-no/"),
  alipay: (_, target) => target.includes("alipay.trade.query"),
  mpgs: (method, target) => method === "GET" && /\/order\/[^/]+$/.test(target),
  paypal: (method, target) => method === "GET" && /\/v2\/checkout\/orders\/[^/]+$/.test(target)
}

/** A gateway and one vendor that the sandbox plays; calls pass a relay on their way to the vendor, notifications one on their way back. */
export const open = async (name: SandboxVendors.Name, options: Gateway.Options = {}, isDirect = false) => {
  const sandbox = await Gateway.openSandbox({ vendors: [name] })
  const credentials = SandboxVendors.credentialsOf(sandbox.credentials, name)
  const origin = sandbox.vendors[name] ?? ""
  const toVendor = await Relay.open(() => origin)
  let gatewayUrl = ""
  const toUs = await Relay.open(() => gatewayUrl)
  process.env["PAYMENT_PROXY_PUBLIC_URL"] = toUs.url
  const entry = SandboxVendors.entryOf(name, credentials)
  const limits = { createMillis: 700, queryMillis: 700, closeMillis: 700 }
  // WeChat Pay says where a bill lies, and it is fetched from the configured host alone.
  const baseUrl = isDirect ? entry["baseUrl"] : String(entry["baseUrl"]).replace(origin, toVendor.url)
  const gateway = await Gateway.open(
    { vendors: { [name]: { ...entry, baseUrl, limits, settlingMillis: 1000 } } },
    options
  )
  gatewayUrl = gateway.url
  if (name === "paypal")
    await sandbox.control("POST", "/_payments/-/listen-paypal", { url: `${toUs.url}/notify/paypal` })
  const scenes = SandboxVendors.scenesOf(name)

  const place = async (scene: Scene = scenes[0], key?: string) => {
    serial += 1
    const { method, source, currency, details } = scene
    const answer = await gateway.call("POST", "/v1/orders", {
      headers: { "content-type": "application/json", "idempotency-key": key ?? `key-${process.pid}-${serial}` },
      body: JSON.stringify({
        vendor: name,
        businessNo: `POLICY-${serial}`,
        amount: { value: amountIn(currency), currency },
        method,
        source,
        description: details.description,
        payer: details.payer,
        returnUrl: "https://shop.example/done"
      })
    })
    return { status: answer.status, order: json<Shown>(answer), text: answer.body.toString() }
  }
  const read = async (payOrderNo: string) => json<Shown>(await gateway.call("GET", `/v1/orders/${payOrderNo}`))
  const causes = (payOrderNo: string) =>
    gateway.run(
      Effect.flatMap(Orders, (orders) =>
        Effect.map(orders.history(payOrderNo), (rows) => rows.map(({ cause }) => cause))
      )
    )

  /** The order as soon as it is what is wanted, or as it is after some seconds. */
  const until = async (payOrderNo: string, isWanted: (order: Shown) => boolean): Promise<Shown> => {
    let order = await read(payOrderNo)
    for (let tries = 0; tries < 200 && !isWanted(order); tries++) {
      await new Promise((done) => setTimeout(done, 50))
      order = await read(payOrderNo)
    }
    return order
  }

  const desk = (payOrderNo: string, verb: string, body?: object) =>
    sandbox.control("POST", `/_payments/${payOrderNo}/${verb}`, body)

  /** The payer opens what he was given, where the vendor knows nothing of the order before, and pays. */
  const pay = async ({ payOrderNo, next }: Shown) => {
    const parameters = Object(next?.["parameters"]) as { readonly [member: string]: unknown }
    const page =
      next?.type === "app" ? `${origin}/app?${String(parameters["orderString"])}` : String(next?.["url"] ?? "")
    if (name === "alipay" && (next?.type === "redirect" || parameters["orderString"] !== undefined))
      await fetch(page).then((response) => response.text())
    return desk(payOrderNo, "pay")
  }

  return {
    name,
    sandbox,
    gateway,
    scenes,
    toVendor,
    toUs,
    place,
    read,
    causes,
    until,
    isQuery: isQuery[name],
    desk,
    pay,
    faults: sandbox.faults,
    /** How many payments the vendor holds for a number. */
    held: async (payOrderNo: string): Promise<number> => {
      const { held } = (await sandbox.ledger()) as unknown as {
        readonly held: ReadonlyArray<{ readonly number: string }>
      }
      return held.filter(({ number }) => number === payOrderNo).length
    },
    /** Notifications that came by so far. */
    told: () => toUs.passed.filter(({ target }) => target.startsWith("/notify/")),
    /** Works at what is due now; for a gateway whose loops do not run. */
    work: () => gateway.run(Effect.all([Work.round("inbox"), Work.round("orders")])),
    refused: () => gateway.lines.filter((line) => line.includes("A notification was refused.")),
    close: async () => {
      await gateway.close()
      await sandbox.close()
      toVendor.close()
      toUs.close()
    }
  }
}

export type World = Awaited<ReturnType<typeof open>>
