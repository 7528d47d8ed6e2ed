import { type KeyEncryption, type KeysUnavailable, StoreUnavailable, Unsealable, Vault } from "@payment-proxy/ports"
import { Effect, Option, Redacted } from "effect"
import * as Host from "./Host.ts"
import * as Sealing from "./Sealing.ts"

/** Opens what a key sealed itself, before there were data keys. */
export type OpenFormer = (
  context: string,
  sealing: Extract<Sealing.Sealing, { readonly form: "v1" }>
) => Effect.Effect<string, Unsealable | KeysUnavailable>

const unavailable = (cause: KeysUnavailable) => new StoreUnavailable({ cause })

/** A vault that seals each text by a data key of its own, which `keys` wrap: they see no text, and no text is touched when they change. */
export const make = (keys: KeyEncryption["Type"], openFormer: OpenFormer): Vault["Type"] => {
  const seal: Vault["Type"]["seal"] = (context, text) =>
    Effect.suspend(() => {
      const dataKey = Host.randomly(Host.sizes.key)
      return Effect.mapBoth(keys.wrap(context, Redacted.make(dataKey)), {
        onFailure: unavailable,
        onSuccess: ({ keyId, bytes }) => {
          const body = Host.encrypt(Host.secretKey(dataKey), Sealing.additional.body(context), text)
          dataKey.fill(0)
          return Sealing.format(keyId, bytes, body)
        }
      })
    })

  const opened = (context: string, sealing: Sealing.Sealing) =>
    sealing.form === "v1"
      ? openFormer(context, sealing)
      : keys.unwrap(context, { keyId: sealing.keyId, bytes: sealing.wrapped }).pipe(
          Effect.flatMap((dataKey) =>
            Host.decrypt(Host.secretKey(Redacted.value(dataKey)), Sealing.additional.body(context), sealing.body)
          ),
          Effect.map((text) => text.toString("utf8"))
        )

  const rewrapped = (context: string, sealing: Sealing.Sealing, sealed: string) =>
    sealing.form === "v1"
      ? Effect.flatMap(openFormer(context, sealing), (text) => seal(context, text))
      : Effect.flatMap(keys.keyId, (now) =>
          now === sealing.keyId
            ? Effect.succeed(sealed)
            : keys.unwrap(context, { keyId: sealing.keyId, bytes: sealing.wrapped }).pipe(
                Effect.flatMap((dataKey) => keys.wrap(context, dataKey)),
                Effect.map(({ keyId, bytes }) => Sealing.format(keyId, bytes, sealing.body))
              )
        )

  /** Whatever it is that does not open, only that is said. */
  const read =
    <A>(
      use: (
        context: string,
        sealing: Sealing.Sealing,
        sealed: string
      ) => Effect.Effect<A, Unsealable | KeysUnavailable | StoreUnavailable | Host.NotAuthentic>
    ) =>
    (context: string, sealed: string): Effect.Effect<A, Unsealable | StoreUnavailable> =>
      Option.match(Sealing.parse(sealed), {
        onNone: () => Effect.fail(new Unsealable({ context })),
        onSome: (sealing) =>
          Effect.mapError(use(context, sealing, sealed), (error) => {
            if (error._tag === "StoreUnavailable") return error
            return error._tag === "KeysUnavailable" ? unavailable(error) : new Unsealable({ context })
          })
      })

  return Vault.of({ seal, open: read(opened), rewrap: read(rewrapped), keyIdOf: Sealing.keyIdOf })
}
