import { Either } from "effect"

const plain = /^[\x20-\x7e]*$/

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const decoded = (text: string): Either.Either<string, string> =>
  Either.mapLeft(
    Either.try(() => decodeURIComponent(text.replaceAll("+", "%20"))),
    () => "The form is not URL-encoded UTF-8."
  )

const maxMembers = 128

/** The members of a form in their order (application/x-www-form-urlencoded), each name once; a left says why it is none. */
export const parse = (body: Uint8Array): Either.Either<ReadonlyArray<readonly [string, string]>, string> => {
  const text = Either.getOrElse(
    Either.try(() => utf8.decode(body)),
    () => "\n"
  )
  if (!plain.test(text)) return Either.left("The form is not URL-encoded.")
  const pairs = text.split("&", maxMembers + 1)
  if (pairs.length > maxMembers) return Either.left("The form has more members than a notification.")
  const members = new Map<string, string>()
  for (const pair of pairs) {
    const at = pair.indexOf("=")
    if (at < 1) return Either.left("The form has a member without a name or a value.")
    const member = Either.all([decoded(pair.slice(0, at)), decoded(pair.slice(at + 1))])
    if (Either.isLeft(member)) return Either.left(member.left)
    const [name, value] = member.right
    if (members.has(name)) return Either.left("The form has a member twice.")
    members.set(name, value)
  }
  return Either.right([...members])
}
