/** How long the bodies are, either way, in bytes. */
export const bodyBytes = 1024

/** JSON of just so many bytes. */
export const padded = (json: { readonly [name: string]: unknown }): string => {
  const bare = JSON.stringify({ ...json, note: "" }).length
  return JSON.stringify({ ...json, note: "x".repeat(bodyBytes - bare) })
}

const body = padded({
  merchant_payment_no: "POLICY-2026-0001",
  amount: 1234,
  currency: "CNY",
  subject: "Travel insurance"
})

/** What the upstream answers to each call. */
export const answerBody = padded({
  id: "pay_0123456789abcdef01234567",
  status: "PENDING",
  amount: 1234,
  currency: "CNY"
})

/** A call at this path, as it goes out; `key` is the caller's, where one is asked for. */
export const post = (path: string, key?: string): Buffer =>
  Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nAccept: application/json\r\n` +
      `${key === undefined ? "" : `Authorization: Bearer ${key}\r\n`}Content-Length: ${bodyBytes}\r\n\r\n${body}`
  )
