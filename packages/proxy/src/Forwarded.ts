import type { IncomingMessage } from "node:http"
import type { Socket } from "node:net"
import { Either } from "effect"
import ipaddr from "ipaddr.js"
import * as Headers from "./Headers.ts"

type Address = ReturnType<typeof ipaddr.process>
type Range = ReturnType<typeof ipaddr.parseCIDR>

/** Whether a text is an address or a range (CIDR). */
export const isRange = (text: string): boolean => ipaddr.isValid(text) || ipaddr.isValidCIDR(text)

const rangeOf = (text: string): Range => {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text)
  const address = ipaddr.process(text)
  return [address, address.kind() === "ipv4" ? 32 : 128]
}

const contains = ([range, bits]: Range, address: Address): boolean =>
  range.kind() === address.kind() && address.match(range, bits)

interface Peer {
  readonly text: string
  readonly isTrusted: boolean
}

const isSaid = (name: string): boolean => /^(?:forwarded$|x[-_]forwarded[-_]|x[-_]real[-_]ip$)/i.test(name)

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "")}"`

const portOf = (host: string, proto: string): string => /:(\d+)$/.exec(host)?.[1] ?? (proto === "https" ? "443" : "80")

/** What a hop adds to each line. */
const hop = ({ socket, headers: { host = "" } }: IncomingMessage, peer: string, prefix: string) => {
  const proto = "encrypted" in socket && socket.encrypted === true ? "https" : "http"
  const node = peer.includes(":") ? quoted(`[${peer}]`) : peer
  return [
    ["x-forwarded-for", peer],
    ["x-forwarded-host", host],
    ["x-forwarded-proto", proto],
    ["x-forwarded-port", portOf(host, proto)],
    ["x-forwarded-prefix", prefix],
    ["forwarded", `for=${node};host=${quoted(host)};proto=${proto}`]
  ] as const
}

/** Who is at the other end of a connection, and whether what he says of others is believed. */
const judging = (trusted: ReadonlyArray<string>) => {
  const ranges = trusted.map(rangeOf)
  const isTrusted = (address: Address): boolean => ranges.some((range) => contains(range, address))
  const peers = new WeakMap<Socket, Peer>()
  const peerOf = (socket: Socket): Peer => {
    const known = peers.get(socket)
    if (known !== undefined) return known
    const address = read(socket.remoteAddress ?? "")
    const peer = {
      text: address?.toString() ?? "unknown",
      isTrusted: address !== undefined && isTrusted(address)
    }
    peers.set(socket, peer)
    return peer
  }
  return { isTrusted, peerOf }
}

const read = (text: string): Address | undefined => Either.getOrUndefined(Either.try(() => ipaddr.process(text)))

/**
 * The address that a request comes from: the peer's, or, where that is one of `trusted`, the last in `X-Forwarded-For` that is not.
 * What cannot be read as an address ends the search.
 */
export const client = (trusted: ReadonlyArray<string>) => {
  const { isTrusted, peerOf } = judging(trusted)
  return ({ socket, headers: { "x-forwarded-for": said } }: IncomingMessage): string => {
    const peer = peerOf(socket)
    if (!peer.isTrusted || said === undefined) return peer.text
    let nearest = peer.text
    for (const text of String(said).split(",").reverse()) {
      const address = read(text.trim())
      if (address === undefined) return nearest
      nearest = address.toString()
      if (!isTrusted(address)) return nearest
    }
    return nearest
  }
}

/**
 * Says for whom a request is forwarded (RFC 7239, and the `X-Forwarded-` lines that came before it). What stood there is
 * believed, and added to, where the peer is one of `trusted`; anybody else's is dropped.
 */
export const make = (trusted: ReadonlyArray<string>) => {
  const { peerOf } = judging(trusted)
  return (request: IncomingMessage, headers: Headers.Headers, prefix: string): ReadonlyArray<string> => {
    const { text, isTrusted } = peerOf(request.socket)
    const said = headers.some((name, at) => at % 2 === 0 && isSaid(name))
    const kept = said ? headers.filter((_, at) => !isSaid(headers[at - (at % 2)] ?? "")) : [...headers]
    for (const [name, value] of hop(request, text, prefix)) {
      const before = said && isTrusted ? Headers.all(headers, name) : []
      kept.push(name, [...before, value].join(", "))
    }
    return kept
  }
}
