import { randomHex } from "../../Random.ts"
import type { Own } from "../Serving.ts"
import type { Asked } from "./Book.ts"
import type { Json } from "./Fields.ts"
import * as Fields from "./Fields.ts"
import type { Gateway } from "./Gateway.ts"
import * as Standing from "./Standing.ts"
import * as Views from "./Views.ts"
import { invalid } from "./Words.ts"

/** How long a payer has where the merchant does not say. */
const defaultTimeoutSeconds = 1800

const challenges = ["NO_PREFERENCE", "NO_CHALLENGE", "REQUEST_CHALLENGE", "REQUEST_CHALLENGE_MANDATE"] as const

const letters = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"

/** 31 characters, as the gateway's are. */
const sessionId = (): string => {
  const chosen = [...Buffer.from(randomHex(20), "hex")].map((byte) => letters[byte % letters.length])
  return `SESSION0002${chosen.join("")}`
}

const operationOf = (body: Json): Asked["operation"] => {
  const operation = Fields.oneOf(body, "interaction.operation", ["PURCHASE", "AUTHORIZE", "VERIFY", "NONE"])
  return operation === "PURCHASE" || operation === "AUTHORIZE"
    ? operation
    : Fields.refuse(invalid(`The sandbox has no ${operation}.`, "interaction.operation", "UNSUPPORTED"))
}

/** What INITIATE_CHECKOUT asks for; refuses what breaks a rule of its fields. */
const read = (body: Json, version: string, createdAtMillis: number): Asked => {
  Fields.checkNames(body)
  const operation = operationOf(body)
  const currency = Fields.currency(body, "order.currency")
  const isAsked = Fields.at(body, "authentication.challengePreference") !== undefined
  const preference = isAsked ? Fields.oneOf(body, "authentication.challengePreference", challenges) : ""
  Fields.text(body, "transaction.reference", 1, 40)
  return {
    id: sessionId(),
    successIndicator: randomHex(8),
    version,
    operation,
    order: {
      id: Fields.required(body, "order.id", 1, 40),
      amountMinor: Fields.amount(body, "order.amount", currency),
      currency,
      description: Fields.text(body, "order.description", 1, 127),
      reference: Fields.text(body, "order.reference", 1, 40),
      notificationUrl: Fields.url(body, "order.notificationUrl")
    },
    merchantName: Fields.required(body, "interaction.merchant.name", 1, 40),
    returnUrl: Fields.url(body, "interaction.returnUrl"),
    cancelUrl: Fields.url(body, "interaction.cancelUrl"),
    timeoutUrl: Fields.url(body, "interaction.timeoutUrl"),
    timeoutSeconds: Fields.seconds(body, "interaction.timeout", defaultTimeoutSeconds),
    locale: Fields.text(body, "interaction.locale", 2, 10),
    challenge: preference === "REQUEST_CHALLENGE" || preference === "REQUEST_CHALLENGE_MANDATE",
    createdAtMillis
  }
}

/** Makes a checkout of what a request asks for, as long as its order is not paid; answers what the merchant's server is told. */
export const initiate = (gateway: Gateway, body: Json, version: string, own: Own | undefined): object => {
  Fields.oneOf(body, "apiOperation", ["INITIATE_CHECKOUT"])
  const asked = read(body, version, gateway.kit.clock.now())
  const transactions = gateway.order(asked.order.id)?.transactions ?? []
  if (Standing.successIn(transactions) !== undefined)
    return Fields.refuse(invalid("The order has been paid already.", "order.id", "INVALID"))
  gateway.change({ kind: "session", session: asked })
  const session = { ...asked, openedAtMillis: null, ended: null, updates: 1 }
  const view = {
    checkoutMode: "WEBSITE",
    merchant: gateway.merchant.id,
    result: own === "unknown-code" || own === "unknown-status" ? "TELEPORTED" : "SUCCESS",
    session: { id: asked.id, updateStatus: "SUCCESS", version: Views.sessionVersion(session) },
    successIndicator: asked.successIndicator
  }
  return Views.faulty(view, own)
}
