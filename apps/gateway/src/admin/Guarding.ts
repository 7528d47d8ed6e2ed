import type { Always } from "../Server.ts"

/** What a page of ours may load and do: what is its own, from here, and nothing inline (CSP Level 3). */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'"
].join("; ")

/** The headers of every answer that operators get, errors too; `isSecure`: browsers come by https, and by nothing else from then on. */
export const headers = (isSecure: boolean): Always => ({
  "cache-control": "no-store",
  "content-security-policy": policy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  ...(isSecure ? { "strict-transport-security": "max-age=31536000" } : {})
})
