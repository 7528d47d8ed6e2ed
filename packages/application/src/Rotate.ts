import {
  type App,
  Apps,
  KeyEncryption,
  KeyRing,
  type KeysUnavailable,
  type SealedColumn,
  type Sealing,
  Sealings,
  type StoreUnavailable,
  sealedColumns,
  Vault
} from "@payment-proxy/ports"
import { Data, Effect, Option } from "effect"
import { auditKeyContext } from "./Chain.ts"
import { secretContext } from "./Deliver.ts"
import { requestContext } from "./Intent.ts"

/** How far a change of keys has come. */
export interface Progress {
  /** Sealed texts that were looked at. */
  readonly seen: number
  /** Those that are sealed by the key that seals now, which they were not. */
  readonly rewrapped: number
  /** Those that do not open, in place and as they were. */
  readonly unsealable: number
}

/** Something is still sealed by the key, or it is the one that seals: `detail` says what to do. */
export class KeyInUse extends Data.TaggedError("KeyInUse")<{
  readonly keyId: string
  readonly count: number
  readonly detail: string
}> {
  override get message(): string {
    return this.detail
  }
}

const pageSize = 200
const none: Progress = { seen: 0, rewrapped: 0, unsealable: 0 }

const plus = (a: Progress, b: Progress): Progress => ({
  seen: a.seen + b.seen,
  rewrapped: a.rewrapped + b.rewrapped,
  unsealable: a.unsealable + b.unsealable
})

/** What a text is sealed to, by where it is kept. */
const contextOf = ({ column, row }: Sealing): string => {
  const [first = "", second = ""] = row
  switch (column) {
    case "requests":
      return requestContext(first)
    case "tokens":
      return `payment_proxy_token/${first}/${second}/sealed`
    case "dataKeys":
      return auditKeyContext.replace("/audit/", `/${first}/`)
  }
}

/** The same text by the key that seals now; none where it does not open: it stays as it is, for whoever finds its key. */
const renewed = Effect.fnUntraced(function* (context: string, sealed: string) {
  const vault = yield* Vault
  return yield* vault.rewrap(context, sealed).pipe(
    Effect.asSome,
    Effect.catchTag("Unsealable", () =>
      Effect.as(Effect.logError("A sealed text does not open; it stays as it is.", { context }), Option.none<string>())
    )
  )
})

/** The pages of a column, one after the other. */
const pages = <A, E, R>(
  column: SealedColumn,
  begin: A,
  step: (sum: A, page: ReadonlyArray<Sealing>) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const sealings = yield* Sealings
    let sum = begin
    let after: Sealing | null = null
    for (;;) {
      const page: ReadonlyArray<Sealing> = yield* sealings.page(column, after, pageSize)
      sum = yield* step(sum, page)
      after = page.at(-1) ?? null
      if (after === null || page.length < pageSize) return sum
    }
  })

const pageRewrapped = (page: ReadonlyArray<Sealing>) =>
  Effect.gen(function* () {
    const sealings = yield* Sealings
    const outcomes = yield* Effect.forEach(page, (was) =>
      Effect.map(renewed(contextOf(was), was.sealed), (sealed) => ({ was, sealed }))
    )
    const changes = outcomes.flatMap(({ was, sealed }) =>
      Option.isSome(sealed) && sealed.value !== was.sealed ? [{ was, sealed: sealed.value }] : []
    )
    const rewrapped = changes.length === 0 ? 0 : yield* sealings.replace(changes)
    const unsealable = outcomes.filter(({ sealed }) => Option.isNone(sealed)).length
    return { seen: page.length, rewrapped, unsealable }
  })

const secretsOf = ({ endpoints }: App) =>
  endpoints.flatMap(({ id, sealedSecrets }) => sealedSecrets.map((sealed) => ({ context: secretContext(id), sealed })))

/** The secrets of an app's endpoints; one that is exchanged meanwhile is sealed by the key that seals now already. */
const appRewrapped = (app: App) =>
  Effect.gen(function* () {
    const apps = yield* Apps
    const outcomes = yield* Effect.forEach(secretsOf(app), ({ context, sealed }) =>
      Effect.map(renewed(context, sealed), (now) => ({ sealed, now }))
    )
    const changes = new Map(
      outcomes.flatMap(({ sealed, now }) => (Option.isSome(now) && now.value !== sealed ? [[sealed, now.value]] : []))
    )
    if (changes.size > 0)
      yield* apps.edit(app.id, (as) => ({
        ...as,
        endpoints: as.endpoints.map((endpoint) => ({
          ...endpoint,
          sealedSecrets: endpoint.sealedSecrets.map((sealed) => changes.get(sealed) ?? sealed)
        }))
      }))
    const unsealable = outcomes.filter(({ now }) => Option.isNone(now)).length
    return { seen: outcomes.length, rewrapped: changes.size, unsealable }
  })

/**
 * Seals everything by the key that seals now: endpoints' secrets, vendors' requests, shared tokens and the audit key, beside
 * running processes. What changes meanwhile is not lost. It can be run again, and then has nothing to do.
 */
export const rewrapAll = Effect.fnUntraced(function* (onProgress: (progress: Progress) => Effect.Effect<void>) {
  const apps = yield* Apps
  let progress = none
  const come = (part: Progress) =>
    Effect.suspend(() => {
      progress = plus(progress, part)
      return onProgress(progress)
    })
  for (const app of yield* apps.list) yield* Effect.flatMap(appRewrapped(app), come)
  for (const column of sealedColumns)
    yield* pages(column, null, (_, page) => Effect.as(Effect.flatMap(pageRewrapped(page), come), null))
  return progress
})

/** How many texts are sealed by each key, by its id; null: what names none. Keys that seal nothing are left out. */
export const counts = Effect.gen(function* () {
  const apps = yield* Apps
  const vault = yield* Vault
  const found = new Map<string | null, number>()
  const come = (sealings: ReadonlyArray<{ readonly sealed: string }>) =>
    Effect.sync(() => {
      for (const { sealed } of sealings) {
        const keyId = vault.keyIdOf(sealed)
        found.set(keyId, (found.get(keyId) ?? 0) + 1)
      }
    })
  yield* come((yield* apps.list).flatMap(secretsOf))
  for (const column of sealedColumns) yield* pages(column, null, (_, page) => Effect.as(come(page), null))
  return found as ReadonlyMap<string | null, number>
})

/** How many texts are sealed by a key. */
export const countSealedBy = (keyId: string) => Effect.map(counts, (found) => found.get(keyId) ?? 0)

/** Takes a key out of the ring, where nothing is sealed by it any more and nothing will be. */
export const retire: (
  keyId: string
) => Effect.Effect<
  void,
  KeyInUse | KeysUnavailable | StoreUnavailable,
  Apps | KeyEncryption | KeyRing | Sealings | Vault
> = Effect.fnUntraced(function* (keyId: string) {
  const ring = yield* KeyRing
  const keys = yield* KeyEncryption
  if ((yield* keys.keyId) === keyId)
    return yield* new KeyInUse({ keyId, count: 0, detail: `Key ${keyId} is the one that seals: add another first.` })
  yield* ring.settled
  const count = yield* countSealedBy(keyId)
  if (count > 0)
    return yield* new KeyInUse({
      keyId,
      count,
      detail: `${count} texts are sealed by key ${keyId}: seal everything by the new one first.`
    })
  return yield* ring.remove(keyId)
})
