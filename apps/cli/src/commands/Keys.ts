import { Command, Options } from "@effect/cli"
import { AppKeys } from "@payment-proxy/application"
import type { AppKey } from "@payment-proxy/ports"
import { Clock, Duration, Effect, Redacted } from "effect"
import * as Failed from "../Failed.ts"
import { argument, confirmed, leaf, yes } from "../Leaf.ts"
import * as Operator from "../Operator.ts"
import * as Shown from "../Shown.ts"

const app = argument("app", "The app's id")
const timeOf = (millis: number): string => new Date(millis).toISOString()

const shownAs = (key: AppKey, nowMillis: number) => ({
  keyId: key.keyId,
  app: key.app,
  created: timeOf(key.createdAtMillis),
  ends: key.revokedAtMillis === null ? null : timeOf(key.revokedAtMillis),
  isActive: AppKeys.isActive(key, nowMillis)
})

const shownOnce = ({ keyId, text }: AppKeys.NewKey): Shown.Shown => ({
  json: { keyId, key: Redacted.value(text) },
  text: `Key ${keyId} was made. It is not shown again:\n${Redacted.value(text)}`
})

const create = leaf(
  "create",
  {
    about: "Makes a key for an app, which has at most two in use. It is shown once.",
    example: "keys create shop",
    config: { app }
  },
  ({ app }) => Effect.map(Operator.did("key.add", app)(AppKeys.create(app)), shownOnce)
)

const list = leaf(
  "list",
  { about: "Shows an app's keys, without what is secret of them.", example: "keys list shop", config: { app } },
  ({ app }) =>
    Effect.map(Effect.all([AppKeys.list(app), Clock.currentTimeMillis]), ([keys, nowMillis]) =>
      Shown.list(
        keys.map((key) => shownAs(key, nowMillis)),
        ["KEY", "CREATED", "ENDS", "IN USE"],
        ({ keyId, created, ends, isActive }) => [keyId, created, ends, isActive ? "yes" : "no"],
        `App ${app} has no key. Make one with: payment-proxy keys create ${app}`
      )
    )
)

/** A span as people write it: `24h`, `30 minutes`. */
const spanOf = (text: string) => {
  const [, count, unit] = /^(\d{1,6})\s*(s|m|h|d|seconds?|minutes?|hours?|days?)$/.exec(text.trim()) ?? []
  const unitMillis = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[(unit ?? "").slice(0, 1)]
  return unitMillis === undefined
    ? new Failed.Failed({
        exit: Failed.exits.usage,
        code: "MALFORMED",
        detail: `${JSON.stringify(text)} is no span of time: write it like 24h, 30m or 7d.`
      })
    : Effect.succeed(Duration.millis(Number(count) * unitMillis))
}

const rotate = leaf(
  "rotate",
  {
    about:
      "Makes a key that takes over: the one before it opens for the overlap more, one before that ends at once. It is shown once.",
    example: "keys rotate shop --overlap 24h",
    config: {
      app,
      overlap: Options.text("overlap").pipe(
        Options.withDescription("How long the key before it still opens"),
        Options.withDefault("24h")
      )
    }
  },
  ({ app, overlap }) =>
    Effect.flatMap(spanOf(overlap), (span) =>
      Effect.map(Operator.did("key.rotate", app)(AppKeys.rotate(app, span)), shownOnce)
    )
)

/** A key's id, also out of the whole key: nothing more of it is to be in messages. */
const idOf = (text: string): string => /^pp_[a-z]+_([^_]*)/.exec(text.trim())?.[1] ?? text

const revoke = leaf(
  "revoke",
  {
    about: "Ends a key at once; processes that know it take it for 10 seconds more at most.",
    example: "keys revoke 0a1b2c3d4e5f",
    config: { keyId: argument("key", "The key's id: the 12 letters after pp_live_; the whole key will do, too"), yes }
  },
  ({ keyId: typed, yes }) => {
    const keyId = idOf(typed)
    return Effect.as(
      Effect.zipRight(
        confirmed(yes, `End key ${keyId} at once?`),
        Operator.did("key.revoke", keyId)(AppKeys.revoke(keyId))
      ),
      {
        json: { keyId, isActive: false },
        text: `Key ${keyId} opens nothing any more.`
      }
    )
  }
)

/** `payment-proxy keys …` */
export const keys = Command.make("keys").pipe(
  Command.withDescription("What apps prove themselves with"),
  Command.withSubcommands([create, list, rotate, revoke])
)
