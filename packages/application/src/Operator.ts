import { type OperatorRole, operatorRoles } from "@payment-proxy/ports"
import { Data, Either } from "effect"

/** What an operator typed is of no use as it stands; nothing was changed. */
export class OperatorInvalid extends Data.TaggedError("OperatorInvalid")<{
  readonly field: "operator" | "note" | "acceptedMinor" | "password"
  readonly detail: string
}> {}

/** An operator who does something, with the role that he has now. */
export interface Acting {
  readonly name: string
  readonly role: OperatorRole
}

/** This takes a role that the operator has not. */
export class RoleNeeded extends Data.TaggedError("RoleNeeded")<{ readonly needed: OperatorRole }> {}

/** Whether who has `role` may do what takes `needed`. */
export const includes = (role: OperatorRole, needed: OperatorRole): boolean =>
  operatorRoles.indexOf(role) >= operatorRoles.indexOf(needed)

/** His name as it is put on record, where his role is enough. */
export const allowed = (
  { name: given, role }: Acting,
  needed: OperatorRole
): Either.Either<string, OperatorInvalid | RoleNeeded> =>
  includes(role, needed) ? name(given) : Either.left(new RoleNeeded({ needed }))

const maxNameChars = 64
const maxNoteChars = 500

/** A name as it is compared may be longer than as it is written; stores keep so much of it. */
export const maxComparedChars = 128

/** Nothing that is not seen, moves what is seen, or breaks a line. */
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u

const text = (field: "operator" | "note", given: string, maxChars: number): Either.Either<string, OperatorInvalid> => {
  const trimmed = given.normalize("NFC").trim()
  if (trimmed === "" || trimmed.length > maxChars)
    return Either.left(new OperatorInvalid({ field, detail: `Give 1 to ${maxChars} characters.` }))
  return hidden.test(trimmed)
    ? Either.left(
        new OperatorInvalid({ field, detail: "Leave out control characters, line breaks and what is not seen." })
      )
    : Either.right(trimmed)
}

/** What is not seen although it is a letter or a mark: two names that look alike would be two persons'. */
const ignorable = /\p{Default_Ignorable_Code_Point}/u

/** A person's name as it is put on record: 1 to 64 characters, without blanks around it. */
export const name = (given: string): Either.Either<string, OperatorInvalid> =>
  Either.filterOrLeft(
    text("operator", given, maxNameChars),
    (plain) => !ignorable.test(plain),
    () => new OperatorInvalid({ field: "operator", detail: "Leave out what is not seen." })
  )

/** Why a person decides so, as it is put on record: 1 to 500 characters. */
export const note = (given: string): Either.Either<string, OperatorInvalid> => text("note", given, maxNoteChars)

/** What was typed as a name, as far as it can be put on record: nothing hidden, and cut off at 64 characters. */
export const typed = (given: string): string =>
  given.normalize("NFC").trim().slice(0, maxNameChars).replaceAll(new RegExp(hidden, "gu"), "?") || "?"

/** A name as names are compared: capitals, width and more blanks make no other. */
export const compared = (person: string): string =>
  person.normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase().normalize("NFKC")

/** Whether two names are one person's: capitals, width and more blanks make no other of him. */
export const isSame = (one: string, other: string): boolean => compared(one) === compared(other)
