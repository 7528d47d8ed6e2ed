import { Command, Options } from "@effect/cli"
import { Rotate } from "@payment-proxy/application"
import { KeyRing } from "@payment-proxy/ports"
import { Duration, Effect } from "effect"
import * as Failed from "../Failed.ts"
import { argument, confirmed, leaf, Output, yes } from "../Leaf.ts"
import * as Operator from "../Operator.ts"
import * as Progress from "../Progress.ts"
import * as Shown from "../Shown.ts"

/** Every process that has the key file looks at it every two seconds. */
const untilSeen = Duration.seconds(3)

const show = leaf(
  "show",
  {
    about: "Shows the keys that secrets are sealed by, and how much each seals; never a key.",
    example: "secrets show",
    config: {}
  },
  () =>
    Effect.gen(function* () {
      const ring = yield* KeyRing
      const counts = yield* Rotate.counts
      const keys = (yield* ring.keyIds).map((keyId, index) => ({
        keyId,
        seals: index === 0,
        sealed: counts.get(keyId) ?? 0
      }))
      const known = new Set<string | null>(keys.map(({ keyId }) => keyId))
      const strange = [...counts].filter(([keyId]) => !known.has(keyId)).reduce((sum, [, count]) => sum + count, 0)
      const table = Shown.table(
        ["KEY", "SEALS", "SEALED BY IT"],
        keys.map(({ keyId, seals, sealed }) => [keyId, seals ? "now" : "no more", sealed])
      )
      const text = strange === 0 ? table : `${table}\n\n${strange} texts are sealed by keys that are not here.`
      return { json: { keys, sealedByOthers: strange }, text }
    })
)

/** Seals everything by the newest key, and says how far it has come. */
const sealedAnew = Effect.gen(function* () {
  const counts = yield* Rotate.counts
  const progress = yield* Progress.make(
    "sealed anew",
    [...counts.values()].reduce((sum, count) => sum + count, 0)
  )
  return yield* Rotate.rewrapAll(({ seen }) => progress(seen))
})

const unopened = (count: number): Failed.Failed | undefined =>
  count === 0
    ? undefined
    : new Failed.Failed({
        exit: Failed.exits.refused,
        code: "UNSEALABLE",
        detail: `${count} texts do not open and stay as they are: put the keys that sealed them back into the key file, and run it again with --continue.`
      })

const rotate = leaf(
  "rotate",
  {
    about:
      "Makes a new key and seals everything by it, beside running processes. The old key stays until it is retired.",
    example: "secrets rotate",
    config: {
      continue: Options.boolean("continue").pipe(
        Options.withDescription("Go on with a rotation that was stopped: no new key is made")
      )
    }
  },
  ({ continue: isContinued }) =>
    Effect.gen(function* () {
      const ring = yield* KeyRing
      const output = yield* Output
      if (!isContinued) {
        const made = yield* ring.add
        yield* output.message(`Key ${made} seals from now on.`)
        yield* Effect.sleep(untilSeen)
      }
      const [keyId = "", ...older] = yield* ring.keyIds
      const { seen, rewrapped, unsealable } = yield* sealedAnew
      const head = Shown.fields({ "key that seals": keyId, "sealed texts": seen, "sealed anew": rewrapped })
      const [oldest] = older
      const next = oldest === undefined ? "" : `\n\nAfter a minute: payment-proxy secrets retire ${oldest}`
      return {
        json: { keyId, older, seen, rewrapped, unsealable },
        text: `${head}${next}`,
        fault: unopened(unsealable)
      }
    }).pipe(Operator.did("seal.rotate", null))
)

const retire = leaf(
  "retire",
  {
    about: "Takes a key out of the key file, once nothing is sealed by it. There is no way back.",
    example: "secrets retire 3q2-7w",
    config: { keyId: argument("key", "The key's id, as secrets show names it"), yes }
  },
  ({ keyId, yes }) =>
    Effect.gen(function* () {
      yield* confirmed(yes, `Take key ${keyId} out for ever?`)
      yield* Operator.did("seal.retire", keyId)(Rotate.retire(keyId))
      return { json: { keyId, retired: true }, text: `Key ${keyId} is gone.` }
    })
)

/** `payment-proxy secrets …` */
export const secrets = Command.make("secrets").pipe(
  Command.withDescription("The keys that everything secret is sealed by"),
  Command.withSubcommands([show, rotate, retire])
)
