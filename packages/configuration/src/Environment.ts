import { Either, Option, Schema } from "effect"
import { CrashAt } from "./CrashAt.ts"
import { decodeAll, type Fault } from "./Faults.ts"

const retentionDays = "This is not a whole number of days from 1 to 36500."
const niceness = "This is not a whole number from 0 (as everybody else) to 19 (after everybody else)."
const port = Schema.NumberFromString.pipe(Schema.int(), Schema.between(0, 65_535))
const switchedOn = Schema.transform(Schema.Literal("true", "false"), Schema.Boolean, {
  strict: true,
  decode: (text) => text === "true",
  encode: (isOn) => (isOn ? ("true" as const) : ("false" as const))
})

const isOrigin = (text: string): boolean => {
  const url = URL.parse(text)
  return (url?.protocol === "http:" || url?.protocol === "https:") && /^https?:\/\/[^\s/?#@]+\/?$/.test(text)
}

/** What the environment says; all of it has defaults. */
export const Environment = Schema.Struct({
  /** The configuration file. */
  PAYMENT_PROXY_CONFIG: Schema.optionalWith(Schema.NonEmptyString, { default: () => "payment-proxy.config.yaml" }),
  /** The folder of the embedded database and the key file. */
  PAYMENT_PROXY_DATA: Schema.optionalWith(Schema.NonEmptyString, { default: () => ".payment-proxy" }),
  /** The database of all gateways and workers, MySQL or MariaDB; without it, a file in the folder above. */
  DATABASE_URL: Schema.optionalWith(
    Schema.Redacted(
      Schema.String.pipe(
        Schema.pattern(/^mysql:\/\/[^\s/]+\/[^\s/?]+(\?[^\s]*)?$/, {
          message: () => "This is not of the form mysql://user:password@host:3306/database."
        })
      )
    ),
    { as: "Option", exact: true }
  ),
  PAYMENT_PROXY_HOST: Schema.optionalWith(Schema.NonEmptyString, { default: () => "127.0.0.1" }),
  PAYMENT_PROXY_PORT: Schema.optionalWith(port, { default: () => 4000 }),
  /** Where vendors reach us; notifications come to `<this>/notify/<vendor>`. */
  PAYMENT_PROXY_PUBLIC_URL: Schema.optionalWith(
    Schema.String.pipe(
      Schema.pattern(/^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/, {
        message: () => "This is not an http or https address without a query."
      })
    ),
    { default: () => "http://127.0.0.1:4000" }
  ),
  /** Where operators' calls and their console are listened to, apart from orders. */
  PAYMENT_PROXY_ADMIN_HOST: Schema.optionalWith(Schema.NonEmptyString, { default: () => "127.0.0.1" }),
  PAYMENT_PROXY_ADMIN_PORT: Schema.optionalWith(
    Schema.Union(Schema.Literal("off"), port).annotations({
      message: () => ({ message: "This is neither a port from 0 to 65535 nor the word off.", override: true })
    }),
    { default: () => 4010 }
  ),
  /** How operators' browsers reach it: its origin. */
  PAYMENT_PROXY_ADMIN_URL: Schema.optionalWith(
    Schema.String.pipe(
      Schema.filter((text) => (isOrigin(text) ? undefined : "This is not an http or https address without a path."))
    ),
    { as: "Option", exact: true }
  ),
  /** The folder of the console's built files, where it is not beside the program. */
  PAYMENT_PROXY_CONSOLE_DIR: Schema.optionalWith(Schema.NonEmptyString, { as: "Option", exact: true }),
  /** Allows plain http to webhooks of this machine; never in production. */
  PAYMENT_PROXY_DEVELOPMENT: Schema.optionalWith(switchedOn, { default: () => false }),
  /** Runs the loops over due work in the gateway's own process. */
  PAYMENT_PROXY_WORK: Schema.optionalWith(switchedOn, { default: () => true }),
  /** After so many days, what has ended moves out of the tables that are worked with; orders stay. */
  PAYMENT_PROXY_RETENTION_DAYS: Schema.optionalWith(
    Schema.NumberFromString.pipe(
      Schema.filter((days) => (Number.isInteger(days) && days >= 1 && days <= 36_500 ? undefined : retentionDays))
    ),
    { default: () => 90 }
  ),
  /** How far the worker steps back behind what runs beside it (Unix's niceness), where nobody else has said how. */
  PAYMENT_PROXY_WORKER_NICENESS: Schema.optionalWith(
    Schema.NumberFromString.pipe(
      Schema.filter((by) => (Number.isInteger(by) && by >= 0 && by <= 19 ? undefined : niceness))
    ),
    { default: () => 10 }
  ),
  /** Fault experiments: the process kills itself there. Development only. */
  PAYMENT_PROXY_CRASH_AT: Schema.optionalWith(CrashAt, { as: "Option", exact: true })
})
export type Environment = typeof Environment.Type

const crashFaults = ({ PAYMENT_PROXY_CRASH_AT, PAYMENT_PROXY_DEVELOPMENT }: Environment): ReadonlyArray<Fault> =>
  Option.isSome(PAYMENT_PROXY_CRASH_AT) && !PAYMENT_PROXY_DEVELOPMENT
    ? [
        {
          at: "PAYMENT_PROXY_CRASH_AT",
          detail: "This is for fault experiments: it needs PAYMENT_PROXY_DEVELOPMENT=true."
        }
      ]
    : []

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/

/** A browser keeps a session's cookie by plain http only where it goes to its own machine; everywhere else it needs https. */
const adminFaults = (environment: Environment): ReadonlyArray<Fault> => {
  const { PAYMENT_PROXY_ADMIN_HOST: host, PAYMENT_PROXY_ADMIN_PORT, PAYMENT_PROXY_ADMIN_URL } = environment
  if (PAYMENT_PROXY_ADMIN_PORT === "off") return []
  if (Option.isNone(PAYMENT_PROXY_ADMIN_URL))
    return loopback.test(host)
      ? []
      : [
          {
            at: "PAYMENT_PROXY_ADMIN_URL",
            detail: `Operators' calls are listened to on ${host}: say how their browsers reach it, like https://pay-admin.example.com.`
          }
        ]
  const { protocol, hostname } = new URL(PAYMENT_PROXY_ADMIN_URL.value)
  return protocol === "https:" || loopback.test(hostname)
    ? []
    : [{ at: "PAYMENT_PROXY_ADMIN_URL", detail: "This needs https: plain http is for this machine alone." }]
}

/** What is wrong with a variable is said once. */
const firstOfEach = (faults: ReadonlyArray<Fault>): ReadonlyArray<Fault> =>
  faults.filter(({ at }, index) => faults.findIndex((other) => other.at === at) === index)

/** What the environment says, or all that is wrong with it, by name. */
export const decode = (environment: {
  readonly [name: string]: string | undefined
}): Either.Either<Environment, ReadonlyArray<Fault>> => {
  const ours = Object.fromEntries(Object.entries(environment).filter(([name]) => name in Environment.fields))
  return decodeAll(Environment, ours).pipe(
    Either.mapLeft((faults) => firstOfEach(faults).map(({ at, detail }) => ({ at: at.slice(1), detail }))),
    Either.flatMap((decoded) => {
      const faults = [...crashFaults(decoded), ...adminFaults(decoded)]
      return faults.length === 0 ? Either.right(decoded) : Either.left(faults)
    })
  )
}
