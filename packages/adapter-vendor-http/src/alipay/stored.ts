import { type Either, Schema } from "effect"

/** A create as it is stored: what is sent of it, byte for byte, but its time and signature; and where the payer goes in the end. */
const Stored = Schema.Struct({
  /** With its query. */
  path: Schema.String,
  body: Schema.String,
  returnUrl: Schema.NullOr(Schema.String)
})
export type Stored = typeof Stored.Type

const decode = Schema.decodeUnknownEither(Schema.parseJson(Stored))

/** The text of a stored create: the same however often. */
export const write = ({ path, body, returnUrl }: Stored): string => JSON.stringify({ path, body, returnUrl })

/** Reads a stored create; a left where it is none. */
export const read = (text: string): Either.Either<Stored, unknown> => decode(text)
