import dns from "node:dns"
import type { LookupFunction } from "node:net"
import ipaddr from "ipaddr.js"

/** How a name becomes all of its addresses; `dns.lookup` is one. */
export type Resolve = (
  hostname: string,
  options: dns.LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: Array<dns.LookupAddress>) => void
) => void

/** The `code` of the error that stands for "every address of this name is refused". */
export const refusedCode = "ADDRESS_REFUSED"

const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3")
const reserved = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"].map((range) => ipaddr.IPv6.parseCIDR(range))

/** Whether an IPv4 or IPv6 address is one of the public internet: not private, local, reserved, mapped or translated to such. */
export const isPublic = (address: string): boolean => {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  if (parsed.range() !== "unicast") return false
  return parsed.kind() === "ipv4" || (parsed.match(globalUnicast) && !reserved.some((range) => parsed.match(range)))
}

const refused = (): NodeJS.ErrnoException =>
  Object.assign(new Error("Every address of the name is private or reserved."), { code: refusedCode })

/**
 * `resolve` with one question at a time for each name: names whose servers do not answer hold up the system's resolver, which
 * asks few at a time, for everybody.
 */
const sharing = (resolve: Resolve): Resolve => {
  const asking = new Map<string, Array<Parameters<Resolve>[2]>>()
  return (hostname, options, callback) => {
    const key = JSON.stringify([hostname, options.family, options.hints])
    const others = asking.get(key)
    if (others !== undefined) return void others.push(callback)
    const all = [callback]
    asking.set(key, all)
    resolve(hostname, options, (error, addresses) => {
      asking.delete(key)
      for (const tell of all) tell(error, addresses)
    })
  }
}

/** A `lookup` for `net.connect` that hands out only such addresses as `isAllowed` lets through, so that what was judged is what is dialled. */
export const lookup = (isAllowed: (address: string) => boolean, resolve: Resolve = dns.lookup): LookupFunction => {
  const shared = sharing(resolve)
  return (hostname, options, callback) =>
    shared(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "")
      const allowed = addresses.filter(({ address }) => isAllowed(address))
      const [first] = allowed
      if (first === undefined) return callback(refused(), "")
      return options.all === true ? callback(null, allowed) : callback(null, first.address, first.family)
    })
}
