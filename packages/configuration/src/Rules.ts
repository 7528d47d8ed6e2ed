import { Kinds } from "@payment-proxy/adapter-vendor-http"
import { Either, Option, Schema } from "effect"
import type { Fault } from "./Faults.ts"
import { strictly } from "./Faults.ts"
import { type FilterEntry, RouteEntry, targetOf } from "./File.ts"
import * as Reconcile from "./ReconcileEntry.ts"
import * as Vendor from "./VendorEntry.ts"
import { VendorEntry } from "./VendorEntry.ts"

type Named<A> = ReadonlyArray<readonly [name: string, entry: A]>

/** The entries of a part that stand for themselves; those with faults of their own are told elsewhere. */
const sound = <A, I>(schema: Schema.Schema<A, I>, part: unknown): Named<A> =>
  Object.entries(Object(part) as { readonly [name: string]: unknown }).flatMap(([name, entry]) =>
    Option.match(Schema.decodeUnknownOption(schema, strictly)(entry), {
      onNone: () => [],
      onSome: (decoded) => [[name, decoded] as const]
    })
  )

const namesOf = (part: unknown): ReadonlyArray<string> =>
  typeof part === "object" && part !== null && !Array.isArray(part) ? Object.keys(part) : []

const nameFaults = (at: string, what: string, names: ReadonlyArray<string>): ReadonlyArray<Fault> =>
  names
    .filter((name) => !/^[a-z0-9-]{1,64}$/.test(name))
    .map((name) => ({ at: `${at}/${name}`, detail: `${what} is 1 to 64 of a-z, 0-9 and -.` }))

/** One number of one account would be two orders. */
const twinFaults = (vendors: Named<VendorEntry>): ReadonlyArray<Fault> =>
  vendors.flatMap(([name, vendor], at) => {
    const account = Kinds.accountOf(vendor)
    const twin = vendors.slice(0, at).find(([, other]) => Kinds.accountOf(other) === account)
    const detail = `${twin?.[0]} is the same account at the same address, so that one number would be two orders: make them one vendor.`
    return twin === undefined ? [] : [{ at: `/vendors/${name}`, detail }]
  })

/** Faults of a part, by their places in the file. */
const under = (at: string, faults: ReadonlyArray<Fault>): ReadonlyArray<Fault> =>
  faults.map((fault) => ({ ...fault, at: `${at}${fault.at}` }))

const once = ["oauth", "payment-order"]

const orderFaults = (at: string, filters: ReadonlyArray<FilterEntry>): ReadonlyArray<Fault> => {
  const names = filters.map(({ name }) => name)
  const repeated = names.flatMap((name, index) =>
    once.includes(name) && names.indexOf(name) < index
      ? [{ at: `${at}/filters/${index}`, detail: `${name} is there twice: leave one.` }]
      : []
  )
  const [oauth, paymentOrder] = [names.indexOf("oauth"), names.indexOf("payment-order")]
  const detail =
    "payment-order stands before oauth: it must see the answer that the caller gets, and a token that was refused is not an order that was."
  return oauth !== -1 && oauth < paymentOrder
    ? [...repeated, { at: `${at}/filters/${paymentOrder}`, detail }]
    : repeated
}

const paymentOrderFaults = (at: string, route: RouteEntry, vendor: VendorEntry | undefined): ReadonlyArray<Fault> => {
  const kind = vendor?.kind
  const index = route.filters.findIndex(({ name }) => name === "payment-order")
  if (index === -1) return []
  const fault = (where: string, detail: string) => [{ at: `${at}/${where}`, detail }]
  return [
    ...(kind !== undefined && kind !== "mapped"
      ? fault(
          `filters/${index}`,
          "payment-order reads calls by the vendor's mapping: the vendor must be of kind mapped."
        )
      : []),
    ...(vendor === undefined ? [] : under(`/vendors/${route.vendor}`, Vendor.mappingFaultsOf(vendor))),
    ...(route.target === undefined
      ? []
      : fault(
          "target",
          "The worker asks at the vendor's baseUrl what became of an order: with payment-order, leave target out."
        )),
    ...(route.filters.some(({ name }) => name === "oauth")
      ? []
      : fault(
          "filters",
          "The worker asks what became of an order with our token, and so must the call be made: put oauth behind payment-order."
        )),
    ...(route.callers === "apps"
      ? []
      : fault("callers", "payment-order records orders of an app: with it, callers are apps."))
  ]
}

const tokenFaults = (at: string, { filters }: RouteEntry, vendor: VendorEntry | undefined): ReadonlyArray<Fault> => {
  const index = filters.findIndex(({ name }) => name === "oauth")
  const detail = "This kind of vendor has no access tokens: leave oauth out."
  return index !== -1 && vendor !== undefined && Vendor.oauthOf(vendor) === undefined
    ? [{ at: `${at}/filters/${index}`, detail }]
    : []
}

const routeFaults = (
  id: string,
  route: RouteEntry,
  vendors: Named<VendorEntry>,
  vendorNames: ReadonlyArray<string>
): ReadonlyArray<Fault> => {
  const at = `/routes/${id}`
  const vendor = vendors.find(([name]) => name === route.vendor)?.[1]
  const isUnfit = vendor !== undefined && route.target === undefined && Either.isLeft(targetOf(vendor.baseUrl))
  const names = vendorNames.length === 0 ? "there is none" : `there are ${vendorNames.join(", ")}`
  return [
    ...(vendorNames.includes(route.vendor)
      ? []
      : [{ at: `${at}/vendor`, detail: `This is not a vendor of this file: ${names}.` }]),
    ...(isUnfit
      ? [{ at: `${at}/vendor`, detail: "Its baseUrl has a user, a query or a fragment: name a target without." }]
      : []),
    ...orderFaults(at, route.filters),
    ...tokenFaults(at, route, vendor),
    ...paymentOrderFaults(at, route, vendor)
  ]
}

/** What is wrong between the parts of a file, beside each part's own faults; expiry is left out where the time is null. */
export const faultsOf = (file: unknown, nowMillis: number | null): ReadonlyArray<Fault> => {
  const parts = Object(file) as { readonly vendors?: unknown; readonly routes?: unknown; readonly reconcile?: unknown }
  const vendors = sound(VendorEntry, parts.vendors)
  return [
    ...nameFaults("/vendors", "A vendor's name", namesOf(parts.vendors)),
    ...nameFaults("/routes", "A route's name", namesOf(parts.routes)),
    ...twinFaults(vendors),
    ...vendors.flatMap(([name, vendor]) => under(`/vendors/${name}`, Vendor.faultsOf(vendor, nowMillis))),
    ...Reconcile.faultsOf(namesOf(parts.vendors), parts.reconcile),
    ...sound(RouteEntry, parts.routes).flatMap(([id, route]) => routeFaults(id, route, vendors, namesOf(parts.vendors)))
  ]
}
