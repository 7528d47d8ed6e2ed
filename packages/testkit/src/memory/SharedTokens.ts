import { type SharedToken, SharedTokens } from "@payment-proxy/ports"
import { Clock, Duration, Effect, Option, Random } from "effect"
import { keyOf, type Tables, type TokenRow } from "./Tables.ts"

const empty = (vendor: string, client: string): TokenRow => ({
  vendor,
  client,
  generation: 0,
  sealed: null,
  putAtMillis: 0,
  endsAtMillis: 0,
  lease: null
})

const shown = (
  { generation, sealed, putAtMillis, endsAtMillis }: TokenRow,
  nowMillis: number
): Option.Option<SharedToken> =>
  sealed === null
    ? Option.none()
    : Option.some({ generation, sealed, leftMillis: endsAtMillis - nowMillis, ageMillis: nowMillis - putAtMillis })

const isFree = ({ lease }: TokenRow, nowMillis: number): boolean => lease === null || lease.endsAtMillis <= nowMillis

/** `SharedTokens` over the tables; its clock is Effect's. */
export const make = ({ tokens: rows }: Tables): SharedTokens["Type"] => {
  const at = (vendor: string, client: string): TokenRow => rows.get(keyOf(vendor, client)) ?? empty(vendor, client)
  const write = (vendor: string, client: string, row: TokenRow) => rows.set(keyOf(vendor, client), row)
  const holds = ({ lease }: TokenRow, token: string, nowMillis: number): boolean =>
    lease?.token === token && nowMillis < lease.endsAtMillis

  return SharedTokens.of({
    read: (vendor, client) => Effect.map(Clock.currentTimeMillis, (nowMillis) => shown(at(vendor, client), nowMillis)),
    lease: (vendor, client, generation, lease) =>
      Effect.map(
        Effect.all([Clock.currentTimeMillis, Random.nextIntBetween(0, 2 ** 32)]),
        ([nowMillis, chance]): Option.Option<string> => {
          const row = at(vendor, client)
          if (row.generation !== generation || !isFree(row, nowMillis)) return Option.none()
          const token = `${nowMillis}-${chance}`
          write(vendor, client, { ...row, lease: { token, endsAtMillis: nowMillis + Duration.toMillis(lease) } })
          return Option.some(token)
        }
      ),
    put: (vendor, client, lease, sealed, life) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis) => {
        const row = at(vendor, client)
        if (!holds(row, lease, nowMillis)) return false
        const endsAtMillis = nowMillis + Duration.toMillis(life)
        write(vendor, client, {
          vendor,
          client,
          generation: row.generation + 1,
          sealed,
          putAtMillis: nowMillis,
          endsAtMillis,
          lease: null
        })
        return true
      }),
    release: (vendor, client, lease) =>
      Effect.sync(() => {
        const row = at(vendor, client)
        if (row.lease?.token === lease) write(vendor, client, { ...row, lease: null })
      }),
    discard: (vendor, client, generation) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis) => {
        const row = at(vendor, client)
        if (row.generation === generation && row.endsAtMillis > nowMillis)
          write(vendor, client, { ...row, endsAtMillis: nowMillis })
      })
  })
}
