/** Bytes; a text stands for one byte a character (latin1). */
export type Wire = string | Buffer

/** The bytes of a text of one byte a character. */
export const bytes = (wire: Wire): Buffer => (typeof wire === "string" ? Buffer.from(wire, "latin1") : wire)

export type Line = readonly [name: string, value: string]
export type Framing = "none" | "length" | "chunked" | "close"

/** A message as a parser reads it that forgives nothing (RFC 9112). */
export interface Message {
  /** Request line or status line. */
  readonly start: string
  readonly lines: ReadonlyArray<Line>
  readonly framing: Framing
  readonly body: Buffer
  /** The data of each chunk, where there are chunks. */
  readonly chunks: ReadonlyArray<Buffer>
  readonly trailers: ReadonlyArray<Line>
  /** False where the bytes end before the message does. */
  readonly isWhole: boolean
}

/** What a stream of bytes is, up to where it stops being messages. */
export interface Reading {
  readonly messages: ReadonlyArray<Message>
  /** Why what follows the messages is none; undefined where nothing follows. */
  readonly fault: string | undefined
  /** Where the next message would begin. */
  readonly end: number
}

class Malformed extends Error {}
const malformed = (why: string): never => {
  throw new Malformed(why)
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** The bytes of a field's value (RFC 9110 §5.5). */
const text = /^[\t\x20-\x7e\x80-\xff]*$/
const quoted = '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"'
const tokenText = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
/** Chunk size and extensions (RFC 9112 §7.1). */
const sized = new RegExp(`^([0-9A-Fa-f]+)((?:;${tokenText}(?:=(?:${tokenText}|${quoted}))?)*)$`)
const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.1$/
const clientLine = new RegExp(requestLine.source.replace("1\\.1", "1\\.[01]").replaceAll(" ", " +"))
const statusLine = /^HTTP\/1\.1 ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/

const crlf = "\r\n"

const lineOf = (line: string): Line => {
  const colon = line.indexOf(":")
  const name = line.slice(0, colon < 0 ? 0 : colon)
  if (!token.test(name)) malformed(`no field name: ${JSON.stringify(line)}`)
  const value = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, "")
  if (!text.test(value)) malformed(`no field value: ${JSON.stringify(line)}`)
  return [name, value]
}

/** Lines up to the empty one; undefined where it has not come. */
const block = (
  all: Buffer,
  from: number
): { readonly lines: ReadonlyArray<string>; readonly end: number } | undefined => {
  if (all.subarray(from, from + 2).toString("latin1") === crlf) return { lines: [], end: from + 2 }
  const end = all.indexOf("\r\n\r\n", from, "latin1")
  if (end < 0) return undefined
  const lines = all.subarray(from, end).toString("latin1").split(crlf)
  for (const line of lines) if (/[\r\n\0]/.test(line)) malformed(`a bare CR, LF or NUL: ${JSON.stringify(line)}`)
  return { lines, end: end + 4 }
}

/** All values of a name, which is in lower case. */
export const all = (lines: ReadonlyArray<Line>, name: string): ReadonlyArray<string> =>
  lines.filter(([here]) => here.toLowerCase() === name).map(([, value]) => value)

/** The value of a name, its lines joined as RFC 9110 §5.3 says. */
export const get = (lines: ReadonlyArray<Line>, name: string): string | undefined => {
  const values = all(lines, name)
  return values.length === 0 ? undefined : values.join(", ")
}

const lengthOf = (lines: ReadonlyArray<Line>, isCanonical = true): number | "chunked" | undefined => {
  const lengths = all(lines, "content-length")
  const codings = all(lines, "transfer-encoding")
  if (lengths.length + codings.length > 1) malformed(`framed twice: ${JSON.stringify([...lengths, ...codings])}`)
  const [coding] = codings
  if (coding !== undefined) return coding.toLowerCase() === "chunked" ? "chunked" : malformed(`coding ${coding}`)
  const [length] = lengths
  if (length === undefined) return undefined
  return (isCanonical ? /^(?:0|[1-9]\d{0,14})$/ : /^0*\d{1,15}$/).test(length)
    ? Number(length)
    : malformed(`length ${length}`)
}

type Body = Pick<Message, "framing" | "body" | "chunks" | "trailers" | "isWhole"> & { readonly end: number }

const fixed = (all: Buffer, from: number, length: number): Body => {
  const body = all.subarray(from, from + length)
  return { framing: "length", body, chunks: [], trailers: [], isWhole: body.length === length, end: from + body.length }
}

const chunked = (all: Buffer, from: number): Body => {
  const chunks: Array<Buffer> = []
  const soFar = (isWhole: boolean, end: number, trailers: ReadonlyArray<Line> = []): Body => {
    return { framing: "chunked", body: Buffer.concat(chunks), chunks, trailers, isWhole, end }
  }
  let at = from
  while (true) {
    const endOfSize = all.indexOf(crlf, at, "latin1")
    if (endOfSize < 0) return soFar(false, all.length)
    const line = all.subarray(at, endOfSize).toString("latin1")
    const size = Number.parseInt(sized.exec(line)?.[1] ?? malformed(`no chunk size: ${JSON.stringify(line)}`), 16)
    at = endOfSize + 2
    if (size === 0) {
      const rest = block(all, at)
      return rest === undefined ? soFar(false, all.length) : soFar(true, rest.end, rest.lines.map(lineOf))
    }
    chunks.push(all.subarray(at, at + size))
    if (all.length < at + size + 2) return soFar(false, all.length)
    if (all.subarray(at + size, at + size + 2).toString("latin1") !== crlf) malformed("no CRLF after a chunk")
    at += size + 2
  }
}

const none = (from: number): Body => {
  return { framing: "none", body: Buffer.alloc(0), chunks: [], trailers: [], isWhole: true, end: from }
}

/** A body that is none leaves its message there, not whole. */
const readBody = (messages: Array<Message>, start: string, lines: ReadonlyArray<Line>, body: () => Body): Body => {
  try {
    return body()
  } catch (cause) {
    messages.push({ start, lines, ...none(0), isWhole: false })
    throw cause
  }
}

/** What a reader takes for a message. */
interface Grammar {
  readonly firstLine: RegExp
  /** Where a message begins that is looked for from here. */
  readonly begins: (from: number) => number
  readonly check: (start: string, lines: ReadonlyArray<Line>) => void
  readonly bodyOf: (start: string, lines: ReadonlyArray<Line>, from: number) => Body
  /** Whether nothing behind it counts. */
  readonly isLast: (message: Message) => boolean
}

const read = (all: Buffer, { firstLine, begins, check, bodyOf, isLast }: Grammar): Reading => {
  const messages: Array<Message> = []
  let at = 0
  try {
    while (at < all.length) {
      at = begins(at)
      if (at === all.length) break
      const head = block(all, at)
      if (head === undefined) return { messages, fault: "a head without an end", end: at }
      const [start = "", ...rest] = head.lines
      if (!firstLine.test(start)) malformed(`no first line: ${JSON.stringify(start)}`)
      const lines = rest.map(lineOf)
      check(start, lines)
      const { end, ...body } = readBody(messages, start, lines, () => bodyOf(start, lines, head.end))
      const message = { start, lines, ...body }
      messages.push(message)
      at = end
      if (isLast(message)) break
    }
    return { messages, fault: undefined, end: at }
  } catch (cause) {
    if (cause instanceof Malformed) return { messages, fault: cause.message, end: at }
    throw cause
  }
}

const requestBody =
  (stream: Buffer, isCanonical: boolean): Grammar["bodyOf"] =>
  (_, lines, from) => {
    const length = lengthOf(lines, isCanonical)
    if (length === undefined) return none(from)
    return length === "chunked" ? chunked(stream, from) : fixed(stream, from, length)
  }

/** Reads requests that a proxy wrote: each HTTP/1.1 with one Host, framed one way, one after the other. The last may be incomplete. */
export const requests = (stream: Buffer): Reading =>
  read(stream, {
    firstLine: requestLine,
    begins: (from) => from,
    check: (_, lines) => {
      if (all(lines, "host").length !== 1) malformed(`Host: ${JSON.stringify(all(lines, "host"))}`)
      lengthOf(lines)
    },
    bodyOf: requestBody(stream, true),
    isLast: () => false
  })

/**
 * Reads requests of a client, to whom RFC 9112 leaves more: empty lines before a request (§2.2), several blanks in its first line (§3),
 * zeros before a length, HTTP/1.0 without chunks. What stands behind the last request of a connection counts for nothing.
 */
export const clientRequests = (stream: Buffer): Reading =>
  read(stream, {
    firstLine: clientLine,
    begins: (from) => {
      const [empty = ""] = /^(?:\r?\n)*/.exec(stream.subarray(from, from + 64).toString("latin1")) ?? []
      return from + empty.length
    },
    check: (start, lines) => {
      const isOld = start.endsWith("1.0")
      const hosts = all(lines, "host").length
      if (hosts !== 1 && !(isOld && hosts === 0)) malformed(`Host: ${JSON.stringify(all(lines, "host"))}`)
      if (lengthOf(lines, false) === "chunked" && isOld) malformed("chunks by HTTP/1.0")
    },
    bodyOf: requestBody(stream, false),
    isLast: ({ start, lines }) => {
      const options = (get(lines, "connection") ?? "").toLowerCase().split(/[\t ]*,[\t ]*/)
      return options.includes("close") || (start.endsWith("1.0") && !options.includes("keep-alive"))
    }
  })

/** The status of an answer. */
export const statusOf = ({ start }: Message): number => Number(start.slice(9, 12))

/** Reads answers, interim ones too; `methods` are those of the requests in order, `isEnded` whether the sender said that this is all. */
export const answers = (stream: Buffer, methods: ReadonlyArray<string>, isEnded: boolean): Reading => {
  let answered = 0
  return read(stream, {
    firstLine: statusLine,
    begins: (from) => from,
    check: (_, lines) => void lengthOf(lines),
    isLast: () => false,
    bodyOf: (start, lines, from) => {
      const status = Number(start.slice(9, 12))
      const length = lengthOf(lines)
      if (status < 200) return length === undefined ? none(from) : malformed(`an interim answer with a body: ${start}`)
      const method = methods[answered++] ?? "GET"
      if (method === "HEAD" || status === 204 || status === 304) return none(from)
      if (length === "chunked") return chunked(stream, from)
      if (length !== undefined) return fixed(stream, from, length)
      const body = stream.subarray(from)
      return { framing: "close", body, chunks: [], trailers: [], isWhole: isEnded, end: stream.length }
    }
  })
}
