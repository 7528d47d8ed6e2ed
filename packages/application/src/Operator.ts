import { Data, Either } from "effect"

/** What an operator typed is of no use as it stands; nothing was changed. */
export class OperatorInvalid extends Data.TaggedError("OperatorInvalid")<{
  readonly field: "operator" | "note" | "acceptedMinor"
  readonly detail: string
}> {}

const maxNameChars = 64
const maxNoteChars = 500

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

/** A person's name as it is put on record: 1 to 64 characters, without blanks around it. */
export const name = (given: string): Either.Either<string, OperatorInvalid> => text("operator", given, maxNameChars)

/** Why a person decides so, as it is put on record: 1 to 500 characters. */
export const note = (given: string): Either.Either<string, OperatorInvalid> => text("note", given, maxNoteChars)

const compared = (person: string): string =>
  person.normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase().normalize("NFKC")

/** Whether two names are one person's: capitals, width and more blanks make no other of him. */
export const isSame = (one: string, other: string): boolean => compared(one) === compared(other)
