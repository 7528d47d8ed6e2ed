import { Data } from "effect"

/** How a command ends that did not do what it was asked. */
export const exits = { refused: 1, usage: 2, unavailable: 3 } as const

/** A command that was refused or could not be done: a stable code, what is wrong, and how to mend it. */
export class Failed extends Data.TaggedError("Failed")<{
  readonly exit: (typeof exits)[keyof typeof exits]
  readonly code: string
  readonly detail: string
}> {}

const refused = (code: string, detail: string) => new Failed({ exit: exits.refused, code, detail })
const misused = (code: string, detail: string) => new Failed({ exit: exits.usage, code, detail })
const unavailable = (code: string, detail: string) => new Failed({ exit: exits.unavailable, code, detail })

interface Tagged {
  readonly _tag: string
}

const text = (failure: Tagged, field: string): string => {
  const value: unknown = Object(failure)[field]
  return typeof value === "string" ? value : ""
}

/** Whatever a use case or a layer failed with, in words for who typed the command. */
export const of = (failure: Tagged): Failed => {
  switch (failure._tag) {
    case "Failed":
      return failure as Failed
    case "AppNotFound":
      return refused("APP_NOT_FOUND", `There is no app ${text(failure, "app")}: payment-proxy apps list shows all.`)
    case "AppTaken":
      return refused("APP_TAKEN", `There is an app ${text(failure, "app")} already: choose another id.`)
    case "EndpointNotFound":
      return refused(
        "ENDPOINT_NOT_FOUND",
        `App ${text(failure, "app")} has no endpoint ${text(failure, "endpoint")}: payment-proxy apps show ${text(failure, "app")} names them.`
      )
    case "TooManyKeys":
      return refused(
        "TOO_MANY_KEYS",
        `App ${text(failure, "app")} has two keys in use: revoke one, or let one take over with keys rotate.`
      )
    case "KeyNotFound":
      return refused(
        "KEY_NOT_FOUND",
        `There is no key ${text(failure, "keyId")} in use: payment-proxy keys list APP names an app's keys.`
      )
    case "Limited":
      return refused("LIMITED", text(failure, "detail"))
    case "Malformed":
      return misused("MALFORMED", `${text(failure, "what")}: ${text(failure, "detail")}`)
    case "OrderNotFound":
      return refused(
        "ORDER_NOT_FOUND",
        `There is no order ${text(failure, "number")}: payment-proxy orders list names them.`
      )
    case "Refused":
      return refused(text(failure, "code"), text(failure, "detail"))
    case "Contended":
      return unavailable("CONTENDED", "The order is moving under many hands: try again in a moment.")
    case "UnknownVendor":
      return refused(
        "VENDOR_UNKNOWN",
        `No vendor ${text(failure, "vendor")} is configured: the configuration file (PAYMENT_PROXY_CONFIG) names those that are.`
      )
    case "OperatorInvalid":
      return misused("OPERATOR_INVALID", `${text(failure, "field")}: ${text(failure, "detail")}`)
    case "ProposalNotFound":
      return refused(
        "PROPOSAL_NOT_FOUND",
        `There is no proposal ${text(failure, "id")}: payment-proxy orders held names those that are open.`
      )
    case "ProposalEnded":
      return refused(
        "PROPOSAL_ENDED",
        `${text(failure, "detail")} Where the order is still held, propose anew with orders resolve.`
      )
    case "ProposalOpen":
      return refused(
        "PROPOSAL_OPEN",
        `Something is proposed for it already: approve or reject ${text(Object(failure)["existing"], "id")} first.`
      )
    case "SecondPersonNeeded":
      return refused(
        "SECOND_PERSON_NEEDED",
        `${text(failure, "proposedBy")} proposed it: another operator has to approve it.`
      )
    case "OperatorNotFound":
      return refused(
        "OPERATOR_NOT_FOUND",
        `There is no operator ${text(failure, "name")}: payment-proxy operators list names them.`
      )
    case "OperatorTaken":
      return refused("OPERATOR_TAKEN", `There is an operator ${text(failure, "name")} already.`)
    case "PasswordWeak":
      return misused("PASSWORD_WEAK", text(failure, "detail"))
    case "LastAdministrator":
      return refused(
        "LAST_ADMINISTRATOR",
        `${text(failure, "name")} is the last administrator: make another one first.`
      )
    case "NotOneself":
      return refused("NOT_ONESELF", "Nobody does this to himself: another administrator has to.")
    case "EventNotFound":
      return refused(
        "EVENT_NOT_FOUND",
        `There is no event ${text(failure, "eventId")}: payment-proxy events list names them.`
      )
    case "DayInvalid":
      return misused("DAY_INVALID", text(failure, "detail"))
    case "DayBusy":
      return unavailable(
        "DAY_BUSY",
        `Another process is at ${text(failure, "day")} or another day of ${text(failure, "vendor")}: try again in a minute.`
      )
    case "NotReconciled":
      return unavailable("NOT_RECONCILED", `${text(failure, "detail")} Nothing was concluded; the day is due again.`)
    case "DayUnknown":
      return refused(
        "DAY_UNKNOWN",
        `${text(failure, "day")} was never reconciled: payment-proxy reconcile run ${text(failure, "vendor")} ${text(failure, "day")}`
      )
    case "DifferenceUnknown":
      return refused(
        "DIFFERENCE_UNKNOWN",
        `There is no difference ${text(failure, "id")} of that day, or it is resolved already.`
      )
    case "KeyReused":
      return refused("KEY_REUSED", "That --key was given for another refund of the order: take another one.")
    case "KeyInUse":
      return refused("KEY_IN_USE", text(failure, "detail"))
    case "KeysUnavailable":
      return refused("KEYS_UNAVAILABLE", text(failure, "detail"))
    case "KeyFileInvalid":
      return refused("KEY_FILE_INVALID", text(failure, "message"))
    case "AuditKeyLost":
      return refused("AUDIT_KEY_LOST", text(failure, "message"))
    case "ConfigurationInvalid":
      return refused("CONFIGURATION_INVALID", text(failure, "message"))
    case "DatabaseUnfit":
      return refused("DATABASE_UNFIT", text(failure, "message"))
    case "StoreUnavailable":
    case "Unsettled":
      return unavailable(
        "STORE_UNAVAILABLE",
        "The database does not answer, or its file is no database: see that it runs, and that DATABASE_URL or PAYMENT_PROXY_DATA names it."
      )
    default: {
      const said = text(failure, "message")
      return unavailable(failure._tag.replaceAll(/([a-z])([A-Z])/g, "$1_$2").toUpperCase(), said || failure._tag)
    }
  }
}
