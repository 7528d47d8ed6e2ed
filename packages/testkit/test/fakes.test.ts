import { Effect } from "effect"
import { appsContract } from "../src/contracts/AppsContract.ts"
import { dueWorkContract } from "../src/contracts/DueWorkContract.ts"
import { ledgerContract } from "../src/contracts/LedgerContract.ts"
import { retentionContract } from "../src/contracts/RetentionContract.ts"
import { sharedTokensContract } from "../src/contracts/SharedTokensContract.ts"
import { vaultContract } from "../src/contracts/VaultContract.ts"
import { vendorsContract } from "../src/contracts/VendorsContract.ts"
import { vendorTokensContract } from "../src/contracts/VendorTokensContract.ts"
import { webhookSenderContract } from "../src/contracts/WebhookSenderContract.ts"
import * as FakeVault from "../src/FakeVault.ts"
import * as FakeVendors from "../src/FakeVendors.ts"
import * as FakeVendorTokens from "../src/FakeVendorTokens.ts"
import * as FakeWebhookSender from "../src/FakeWebhookSender.ts"
import * as Memory from "../src/Memory.ts"

const fake = FakeVendors.FakeVendor

dueWorkContract("in memory", Memory.layer)
appsContract("in memory", Memory.layer)
retentionContract("in memory", Memory.layer)
sharedTokensContract("in memory", Memory.layer)
ledgerContract("in memory", Memory.layer)
vaultContract("fake", FakeVault.layer)
vendorTokensContract("fake", FakeVendorTokens.layer(["platform"]), "platform")
vendorsContract("fake", FakeVendors.layer({ names: ["platform"] }), "platform", {
  scenes: [
    {
      method: "ALIPAY",
      source: "WEB",
      currency: "CNY",
      details: { description: "Insurance", payer: {}, returnUrl: null }
    }
  ],
  traits: {
    unopened: "open",
    refused: "failed",
    close: "closed",
    numbered: true,
    completes: false,
    authorizes: false,
    refunds: true,
    bills: false,
    tells: true
  },
  pay: ({ merchantOrderNo }) => Effect.flatMap(fake, ({ pay }) => pay(merchantOrderNo)),
  refuse: (no) => Effect.flatMap(fake, ({ refuse }) => refuse(no)),
  next: (on, _, how) =>
    Effect.flatMap(fake, ({ script }) => script(on, how === "reject" || how === "dropBefore" ? how : "dropAfter")),
  settle: Effect.void,
  notifications: Effect.flatMap(fake, ({ payments }) =>
    Effect.map(payments, (all) => all.map(({ merchantOrderNo }) => FakeVendors.notification(merchantOrderNo, "paid")))
  ),
  day: Effect.succeed("2026-11-26"),
  advance: (millis) => Effect.succeed(millis),
  payments: (no) =>
    Effect.map(
      Effect.flatMap(fake, ({ payments }) => payments),
      (all) => all.filter(({ merchantOrderNo }) => merchantOrderNo === no).length
    )
})
webhookSenderContract(
  "fake",
  FakeWebhookSender.layer,
  Effect.map(FakeWebhookSender.FakeEndpoint, ({ answer, got }) => ({
    url: "https://shop.example/webhooks",
    answer,
    taken: Effect.map(got, (messages) => messages.map(({ eventId, body }) => ({ eventId, body })))
  }))
)
