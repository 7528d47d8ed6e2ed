import { Effect } from "effect"
import { appsContract } from "../src/contracts/AppsContract.ts"
import { dueWorkContract } from "../src/contracts/DueWorkContract.ts"
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
vaultContract("fake", FakeVault.layer)
vendorTokensContract("fake", FakeVendorTokens.layer(["platform"]), "platform")
vendorsContract("fake", FakeVendors.layer({ names: ["platform"] }), "platform", {
  pay: (no) => Effect.flatMap(fake, ({ pay }) => pay(no)),
  refuse: (no) => Effect.flatMap(fake, ({ refuse }) => refuse(no)),
  nextCreate: (_, how) => Effect.flatMap(fake, ({ script }) => script("create", how)),
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
