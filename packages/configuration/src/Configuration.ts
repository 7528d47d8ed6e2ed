import { Clock, Effect, Either, Equal, Redacted } from "effect"
import * as Environment from "./Environment.ts"
import { ConfigurationInvalid, conceal, decodeAll, type Fault } from "./Faults.ts"
import { File } from "./File.ts"
import * as References from "./References.ts"
import * as Rules from "./Rules.ts"
import * as Snapshot from "./Snapshot.ts"
import { publicFaultsOf } from "./VendorEntry.ts"

/** The parts of a file as texts, to see what has changed. */
export interface Parts {
  readonly vendors: { readonly [name: string]: Redacted.Redacted }
  readonly routes: { readonly [id: string]: Redacted.Redacted }
  readonly trustedProxies: string
  readonly reconcile: string
  readonly operators: string
}

/** All that is configured. */
export interface Configuration extends File {
  readonly environment: Environment.Environment
  /** The path of the file: what it names is found from its folder. */
  readonly source: string
  /** The same for the same texts of the file and of those that it refers to. */
  readonly revision: string
  readonly parts: Parts
  /** What references stood for: texts that no message may show. */
  readonly concealed: Redacted.Redacted<ReadonlyArray<string>>
}

const partsOf = (value: unknown): Parts => {
  const { vendors, routes, trustedProxies, reconcile, operators } = Object(value) as {
    readonly [part: string]: unknown
  }
  const texts = (part: unknown) =>
    Object.fromEntries(
      Object.entries(Object(part)).map(([name, entry]) => [name, Redacted.make(JSON.stringify(entry))])
    )
  return {
    vendors: texts(vendors),
    routes: texts(routes),
    trustedProxies: JSON.stringify(trustedProxies ?? []),
    reconcile: JSON.stringify(reconcile ?? {}),
    operators: JSON.stringify(operators ?? {})
  }
}

/** A vendor that the sandbox plays on this machine takes any address. */
const publicFaults = (
  { PAYMENT_PROXY_DEVELOPMENT, PAYMENT_PROXY_PUBLIC_URL }: Environment.Environment,
  { vendors }: File
): ReadonlyArray<Fault> => (PAYMENT_PROXY_DEVELOPMENT ? [] : publicFaultsOf(vendors, PAYMENT_PROXY_PUBLIC_URL))

/** What a snapshot configures, or every fault of it at once; expiry is left out where the time is null. */
export const ofSnapshot = (
  { source, value, files, revision }: Snapshot.Snapshot,
  environment: Snapshot.Variables,
  nowMillis: number | null
): Either.Either<Configuration, ConfigurationInvalid> => {
  const settings = Environment.decode(environment)
  const unset = Either.match(settings, { onLeft: (faults) => faults, onRight: () => [] })
  if (Either.isLeft(value)) return Either.left(new ConfigurationInvalid({ source, faults: [...unset, ...value.left] }))
  const resolved = References.resolve(value.right, { environment, files })
  const file = decodeAll(File, resolved.value)
  const missing = new Set(resolved.faults.map(({ at }) => at))
  const shape = Either.match(file, { onLeft: (faults) => faults, onRight: () => [] })
  const others = [...shape, ...Rules.faultsOf(resolved.value, nowMillis)].filter(({ at }) => !missing.has(at))
  const faults: ReadonlyArray<Fault> = [
    ...unset,
    ...resolved.faults,
    ...others,
    ...Either.getOrElse(Either.zipWith(settings, file, publicFaults), () => [])
  ]
  return Either.isRight(file) && Either.isRight(settings) && faults.length === 0
    ? Either.right({
        ...file.right,
        environment: settings.right,
        source,
        revision,
        parts: partsOf(resolved.value),
        concealed: Redacted.make(resolved.texts)
      })
    : Either.left(new ConfigurationInvalid({ source, faults: conceal(faults, resolved.texts) }))
}

/** Every fault of the text, the environment it names and the shape at once; or what is configured. No file is read. */
export const decode = (
  text: string,
  environment: Snapshot.Variables,
  source: string
): Either.Either<Configuration, ConfigurationInvalid> => ofSnapshot(Snapshot.ofText(source, text), environment, null)

/** Reads and decodes the file that `PAYMENT_PROXY_CONFIG` names, and the files that it refers to. */
export const load = (
  environment: Snapshot.Variables,
  readFile: Snapshot.ReadFile
): Effect.Effect<Configuration, ConfigurationInvalid> =>
  Effect.flatMap(Effect.all([Snapshot.take(environment, readFile), Clock.currentTimeMillis]), ([snapshot, nowMillis]) =>
    ofSnapshot(snapshot, environment, nowMillis)
  )

/** The names of what one configuration has otherwise than another; a route also changes with its vendor. */
export interface Changes {
  readonly vendors: ReadonlyArray<string>
  readonly routes: ReadonlyArray<string>
  readonly isTrustChanged: boolean
  readonly isReconcileChanged: boolean
  readonly isOperatorsChanged: boolean
}

/** Vendors whose kind another configuration changes: their orders are known to the old one alone. */
export const kindFaults = (before: Configuration, after: Configuration): ReadonlyArray<Fault> =>
  Object.entries(after.vendors).flatMap(([name, { kind }]) => {
    const was = before.vendors[name]?.kind
    const detail = `Orders of ${name} are at a vendor of kind ${was}: leave it, and give the other a name of its own.`
    return was === undefined || was === kind ? [] : [{ at: `/vendors/${name}/kind`, detail }]
  })

const differing = (before: Parts["routes"], after: Parts["routes"]): ReadonlyArray<string> =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !Equal.equals(before[name], after[name])
  )

/** What differs between two configurations. */
export const changes = (before: Configuration, after: Configuration): Changes => {
  const vendors = differing(before.parts.vendors, after.parts.vendors)
  const behind = Object.entries(after.routes).flatMap(([id, { vendor }]) => (vendors.includes(vendor) ? [id] : []))
  return {
    vendors,
    routes: [...new Set([...differing(before.parts.routes, after.parts.routes), ...behind])],
    isTrustChanged: before.parts.trustedProxies !== after.parts.trustedProxies,
    isReconcileChanged: before.parts.reconcile !== after.parts.reconcile,
    isOperatorsChanged: before.parts.operators !== after.parts.operators
  }
}
