import { createSign } from "node:crypto"
import { crc32 } from "node:zlib"
import type { Incoming } from "@payment-proxy/ports"
import { vectors } from "./vectors.ts"

/** Where the vectors' certificate is, unless a test has it elsewhere. */
export const certificateUrl = "https://api.paypal.com/v1/notifications/certs/CERT-1"

/** A delivery as PayPal signs it, with the vectors' throwaway key. */
export const signed = (body: string | Uint8Array, headers: Record<string, string | undefined> = {}): Incoming => {
  const bytes = Buffer.from(body)
  const id = headers["paypal-transmission-id"] ?? "69cd13f0-d67a-11e5-baa3-778b53f4ae55"
  const time = headers["paypal-transmission-time"] ?? "2026-11-26T08:30:15Z"
  const text = `${id}|${time}|${vectors.webhook_id}|${crc32(bytes)}`
  return {
    headers: {
      "content-type": "application/json",
      "paypal-transmission-id": id,
      "paypal-transmission-time": time,
      "paypal-transmission-sig": createSign("RSA-SHA256")
        .update(text)
        .sign(vectors.private_key_pem_throwaway, "base64"),
      "paypal-cert-url": certificateUrl,
      "paypal-auth-algo": "SHA256withRSA",
      ...headers
    },
    body: bytes
  }
}

/** The body of a notification about this resource. */
export const event = (event_type: string | undefined, resource: unknown, more: object = {}) => ({
  id: "WH-58D329510W468432D-8HN650336L201105X",
  event_version: "1.0",
  create_time: "2026-01-05T08:30:12.451Z",
  resource_type: "capture",
  event_type,
  resource,
  ...more
})
