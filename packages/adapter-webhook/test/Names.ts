import { createSocket } from "node:dgram"
import dns from "node:dns"
import { Effect, type Scope } from "effect"
import type { Addresses } from "../src/index.ts"

/** A name server of a test's own, which answers each question with what is next, and asks nobody to remember it (TTL 0). */
export interface Names {
  readonly resolve: Addresses.Resolve
  /** How often it was asked for an IPv4 address. */
  readonly asked: () => number
}

const typeA = 1
const typeAaaa = 28

/** Reads the one question's end (RFC 1035 §4.1.2). */
const questionEnd = (query: Buffer): number => {
  let at = 12
  while ((query[at] ?? 0) !== 0) at += (query[at] ?? 0) + 1
  return at + 5
}

const bytesOf = (address: string): Buffer =>
  address.includes(":")
    ? Buffer.from(
        address
          .split(":")
          .map((group) => group.padStart(4, "0"))
          .join(""),
        "hex"
      )
    : Buffer.from(address.split(".").map(Number))

const answered = (query: Buffer, addresses: ReadonlyArray<string>): Buffer => {
  const end = questionEnd(query)
  const type = query.readUInt16BE(end - 4)
  const records = addresses
    .filter((address) => (address.includes(":") ? typeAaaa : typeA) === type)
    .map((address) => {
      const data = bytesOf(address)
      const head = Buffer.from([0xc0, 12, type >> 8, type & 255, 0, 1, 0, 0, 0, 0, 0, data.length])
      return Buffer.concat([head, data])
    })
  const head = Buffer.from(query.subarray(0, 12))
  head.writeUInt16BE(0x8180, 2)
  head.writeUInt16BE(records.length, 6)
  head.writeUInt32BE(0, 8)
  return Buffer.concat([head, query.subarray(12, end), ...records])
}

const resolving =
  (resolver: dns.Resolver): Addresses.Resolve =>
  (hostname, _options, callback) =>
    resolver.resolve4(hostname, (_, four = []) =>
      resolver.resolve6(hostname, (error, six = []) => {
        const all = [
          ...four.map((address) => ({ address, family: 4 })),
          ...six.map((address) => ({ address, family: 6 }))
        ]
        return all.length === 0 && error !== null ? callback(error, []) : callback(null, all)
      })
    )

/** Answers its `turn`th question for IPv4, and the one for IPv6 that follows it, with these addresses (IPv6 in all its eight groups). */
export const serve = (addresses: (turn: number) => ReadonlyArray<string>): Effect.Effect<Names, never, Scope.Scope> =>
  Effect.gen(function* () {
    let turns = 0
    const socket = yield* Effect.acquireRelease(
      Effect.sync(() => createSocket("udp4")),
      (socket) => Effect.async<void>((resume) => void socket.close(() => resume(Effect.void)))
    )
    socket.on("message", (query, { port, address }) => {
      if (query.readUInt16BE(questionEnd(query) - 4) === typeA) turns += 1
      socket.send(answered(query, addresses(turns)), port, address)
    })
    const port = yield* Effect.async<number>((resume) => {
      socket.bind(0, "127.0.0.1", () => resume(Effect.succeed(socket.address().port)))
    })
    const resolver = new dns.Resolver({ timeout: 1000, tries: 2 })
    resolver.setServers([`127.0.0.1:${port}`])
    return { resolve: resolving(resolver), asked: () => turns }
  })
