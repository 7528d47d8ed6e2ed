const headEnd = Buffer.from("\r\n\r\n")

/** A message of HTTP/1.1 that is all there: where its body begins, and where it ends. */
export interface Whole {
  readonly body: number
  readonly end: number
}

/** The whole message at the head of `bytes`, or nothing while it is not all there. Its body has a stated length. */
export const whole = (bytes: Buffer): Whole | undefined => {
  const end = bytes.indexOf(headEnd)
  if (end < 0) return undefined
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString("latin1", 0, end))?.[1]
  if (length === undefined) throw new Error("A message without Content-Length cannot be counted.")
  const body = end + headEnd.length
  const total = body + Number(length)
  return bytes.length < total ? undefined : { body, end: total }
}
