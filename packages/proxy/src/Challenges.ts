/** What a server asks for in `WWW-Authenticate`; scheme and names of parameters are in lower case (RFC 9110 §11.6.1). */
export interface Challenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

const separators = /[ \t,]*/y
const scheme = /([!#$%&'*+.^_`|~\w-]+)(?:[ \t]+|[ \t]*(?=,|$))/y
/** A bare value may also hold what should have been quoted, such as an address. */
const parameter = /([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",=][^\s",]*))[ \t]*(?=,|$)/y
const token68 = /[\w.~+/-]+=*[ \t]*(?=,|$)/y

/** What `pattern` finds at this place of the text, and where it ends. */
const at = (pattern: RegExp, text: string, place: number): RegExpExecArray | null => {
  pattern.lastIndex = place
  return pattern.exec(text)
}

/** The challenges of one header line, in order; what cannot be read ends the list. */
export const parse = (value: string): ReadonlyArray<Challenge> => {
  const challenges: Array<{ readonly scheme: string; readonly parameters: Map<string, string> }> = []
  let place = at(separators, value, 0)?.[0].length ?? 0
  while (place < value.length) {
    const current = challenges.at(-1)
    const named = current === undefined ? null : at(parameter, value, place)
    const begun = named === null ? at(scheme, value, place) : null
    if (named !== null && current !== undefined) {
      const [whole, name = "", quoted, bare = ""] = named
      current.parameters.set(name.toLowerCase(), quoted === undefined ? bare : quoted.replace(/\\(.)/g, "$1"))
      place += whole.length
    } else if (begun !== null) {
      const [whole, name = ""] = begun
      challenges.push({ scheme: name.toLowerCase(), parameters: new Map() })
      place += whole.length
      if (at(parameter, value, place) === null) place += at(token68, value, place)?.[0].length ?? 0
    } else return challenges
    place += at(separators, value, place)?.[0].length ?? 0
  }
  return challenges
}

/**
 * Whether a 401 with these `WWW-Authenticate` lines says that the access token is bad (RFC 6750 §3.1): the request was not
 * processed, and may be made again with another token. A challenge without an error, of another scheme, or that cannot be
 * read says no such thing.
 */
export const isInvalidToken = (headerValues: ReadonlyArray<string>): boolean =>
  headerValues.some((value) =>
    parse(value).some(
      (challenge) =>
        challenge.scheme === "bearer" && challenge.parameters.get("error")?.toLowerCase() === "invalid_token"
    )
  )
