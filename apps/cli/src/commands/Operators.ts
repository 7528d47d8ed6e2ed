import { Command, Options } from "@effect/cli"
import { Accounts } from "@payment-proxy/application"
import { type OperatorAccount, operatorRoles } from "@payment-proxy/ports"
import { Effect, Option, Redacted } from "effect"
import * as Failed from "../Failed.ts"
import { Environment } from "../Layers.ts"
import { argument, leaf, Output, optional } from "../Leaf.ts"
import * as Operator from "../Operator.ts"
import * as Shown from "../Shown.ts"

const name = argument("name", "The operator's name, as it goes on record")
const passwordVariable = optional(
  "password-env",
  "The environment variable that has the password; a person at a terminal is asked for it unless given"
)
const timeOf = (millis: number | null) => (millis === null ? null : new Date(millis).toISOString())

const misused = (code: string, detail: string) => new Failed.Failed({ exit: Failed.exits.usage, code, detail })

/** A password twice, unseen, from a person at a terminal. */
const asked = Effect.gen(function* () {
  const output = yield* Output
  if (!output.isTerminal)
    return yield* misused("PASSWORD_MISSING", "Name the variable that has the password: --password-env NAME.")
  const password = yield* output.secret("Password:")
  const again = yield* output.secret("Once more:")
  return Redacted.value(password) === Redacted.value(again)
    ? password
    : yield* misused("PASSWORDS_DIFFER", "The two are not the same: nothing was done.")
})

/** A password: what is typed as an argument is seen by others on the machine. */
const passwordOf = (variable: Option.Option<string>) =>
  Option.match(variable, {
    onNone: () => asked,
    onSome: (named) =>
      Effect.flatMap(Environment, ({ variables }) => {
        const text = variables[named]
        return text === undefined || text === ""
          ? misused("PASSWORD_MISSING", `There is no environment variable ${named}.`)
          : Effect.succeed(Redacted.make(text))
      })
  })

const shownAs = (account: OperatorAccount) => ({
  name: account.name,
  role: account.role,
  isDisabled: account.isDisabled,
  isFederated: account.subject !== null,
  createdAt: timeOf(account.createdAtMillis),
  lastSeenAt: timeOf(account.lastSeenAtMillis),
  lockedUntil: timeOf(account.lockedUntilMillis)
})

const one = (account: OperatorAccount): Shown.Shown => {
  const shown = shownAs(account)
  return {
    json: shown,
    text: Shown.fields({ name: shown.name, role: shown.role, disabled: shown.isDisabled ? "yes" : "no" })
  }
}

const role = Options.choice("role", operatorRoles).pipe(
  Options.withDescription("viewer reads, operator acts on orders and events, administrator changes apps and operators")
)

const create = leaf(
  "create",
  {
    about: "Makes an operator, who signs in to the console with this name and a password of at least 12 characters.",
    example: "operators create alice --role administrator",
    config: { name, role, passwordVariable, operator: Operator.operator }
  },
  ({ name, role, passwordVariable, operator }) =>
    Effect.gen(function* () {
      const by = Option.getOrElse(operator, () => name)
      const password = yield* passwordOf(passwordVariable)
      return yield* Accounts.create({ name, role, password }, Operator.acting(by)).pipe(
        Operator.by(by, Option.none(), { action: "operator.create", subject: name }),
        Effect.map(one)
      )
    })
)

const list = leaf("list", { about: "Shows all operators.", example: "operators list", config: {} }, () =>
  Effect.map(Effect.flatMap(Operator.typing, Accounts.list), (all) =>
    Shown.list(
      all.map(({ account, sessions }) => ({ ...shownAs(account), sessions })),
      ["NAME", "ROLE", "DISABLED", "SESSIONS", "LAST SEEN"],
      ({ name, role, isDisabled, sessions, lastSeenAt }) => [
        name,
        role,
        isDisabled ? "yes" : "no",
        sessions,
        lastSeenAt
      ],
      "No operators. Make one with: payment-proxy operators create NAME --role administrator"
    )
  )
)

const setting = (flag: string, about: string) => Options.boolean(flag).pipe(Options.withDescription(about))

const change = leaf(
  "change",
  {
    about: "Changes an operator's role or password, shuts him out or lets him in; his sessions end.",
    example: "operators change bob --role viewer --operator alice",
    config: {
      name,
      role: Options.optional(role),
      disable: setting("disable", "Shuts him out"),
      enable: setting("enable", "Lets him in again"),
      password: setting("password", "Gives him a new password, also oneself"),
      passwordVariable,
      operator: Operator.operator
    }
  },
  ({ name, role, disable, enable, password, passwordVariable, operator }) =>
    Effect.gen(function* () {
      const by = yield* Operator.named(operator)
      const isNew = password || Option.isSome(passwordVariable)
      const given = isNew ? yield* passwordOf(passwordVariable) : null
      const asked = { role: Option.getOrUndefined(role), isDisabled: disable ? true : enable ? false : undefined }
      return yield* Accounts.change(name, asked, Operator.acting(by)).pipe(
        Effect.flatMap((account) => (given === null ? Effect.succeed(account) : Accounts.setPassword(name, given))),
        Operator.by(by, Option.none(), { action: "operator.change", subject: name }),
        Effect.map(one)
      )
    })
)

const unlock = leaf(
  "unlock",
  {
    about: "Lets an operator sign in again at once after wrong passwords.",
    example: "operators unlock bob --operator alice",
    config: { name, operator: Operator.operator }
  },
  ({ name, operator }) =>
    Effect.gen(function* () {
      const by = yield* Operator.named(operator)
      return yield* Accounts.change(name, { unlock: true }, Operator.acting(by)).pipe(
        Operator.by(by, Option.none(), { action: "operator.unlock", subject: name }),
        Effect.map(one)
      )
    })
)

/** `payment-proxy operators …` */
export const operators = Command.make("operators").pipe(
  Command.withDescription("The people who sign in to the console"),
  Command.withSubcommands([create, list, change, unlock])
)
