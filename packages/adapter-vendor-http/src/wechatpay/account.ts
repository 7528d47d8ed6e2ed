import type { KeyObject } from "node:crypto"
import type { Payment } from "@payment-proxy/domain"
import { Effect, Either, Redacted } from "effect"
import type { Placed } from "../Vendor.ts"
import type { WechatPayConfig } from "./config.ts"
import * as Keys from "./keys.ts"

/** A merchant's account with its keys read: what calls are signed with, and what WeChat Pay is known by. */
export interface Account {
  readonly placed: Placed
  /** Scheme, host and port, and what every path begins with. */
  readonly origin: string
  readonly prefix: string
  readonly mchid: string
  readonly appidOf: (source: Payment.Payment["source"]) => string
  readonly isOurs: (appid: string) => boolean
  readonly key: KeyObject
  readonly serial: string
  readonly apiV3Key: Redacted.Redacted
  readonly publicKey: { readonly id: string; readonly key: KeyObject } | null
  readonly certificates: ReadonlyArray<Keys.Certificate>
  /** Whether WeChat Pay's certificates are to be fetched. */
  readonly isFetching: boolean
}

const read = <A>(found: Either.Either<A, string>): Effect.Effect<A> =>
  Either.isRight(found) ? Effect.succeed(found.right) : Effect.dieMessage(found.left)

/** Reads the keys of a configuration that `faultsOf` has nothing against. */
export const make = (config: WechatPayConfig & Placed): Effect.Effect<Account> =>
  Effect.gen(function* () {
    const { origin, pathname } = new URL(config.baseUrl)
    const key = yield* read(Keys.privateKey(Redacted.value(config.privateKey)))
    const own = config.certificate === undefined ? null : yield* read(Keys.certificate(config.certificate))
    const given = config.publicKey
    const publicKey = given === undefined ? null : { id: given.id, key: yield* read(Keys.publicKey(given.key)) }
    const pems = config.platformCertificates ?? []
    const certificates = yield* Effect.forEach(pems, (pem) => read(Keys.certificate(pem)))
    const { appid, appids = {} } = config
    const all = new Set([appid, ...Object.values(appids)])
    return {
      placed: config,
      origin,
      prefix: pathname.replace(/\/+$/, ""),
      mchid: config.mchid,
      appidOf: (source) => appids[source] ?? appid,
      isOurs: (stated) => all.has(stated),
      key,
      serial: config.serial?.toUpperCase() ?? own?.serial ?? "",
      apiV3Key: config.apiV3Key,
      publicKey,
      certificates,
      isFetching: publicKey === null || config.platformCertificates !== undefined
    }
  })
