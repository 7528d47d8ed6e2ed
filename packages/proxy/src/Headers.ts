/** Header lines as they came or are to go, name and value by turns: repeated ones stay apart, names keep their case. */
export type Headers = ReadonlyArray<string>

const isNamed = (headers: Headers, at: number, name: string): boolean => {
  const here = headers[at] ?? ""
  return here.length === name.length && here.toLowerCase() === name
}

/** The values of all lines with a name, which is given in lower case. */
export const all = (headers: Headers, name: string): ReadonlyArray<string> => {
  const values: Array<string> = []
  for (let at = 0; at < headers.length; at += 2) if (isNamed(headers, at, name)) values.push(headers[at + 1] ?? "")
  return values
}

/** The value of the first line with a name, which is given in lower case. */
export const get = (headers: Headers, name: string): string | undefined => {
  for (let at = 0; at < headers.length; at += 2) if (isNamed(headers, at, name)) return headers[at + 1]
  return undefined
}

/** The lines whose names are not among `names`, which are in lower case. */
export const without = (headers: Headers, ...names: ReadonlyArray<string>): Headers => {
  const left: Array<string> = []
  for (let at = 0; at < headers.length; at += 2)
    if (!names.includes((headers[at] ?? "").toLowerCase())) left.push(headers[at] ?? "", headers[at + 1] ?? "")
  return left
}

/** The lines with one more, or with this one in place of all of its name, which is given in lower case. */
export const set = (headers: Headers, name: string, value: string): Headers => [...without(headers, name), name, value]
