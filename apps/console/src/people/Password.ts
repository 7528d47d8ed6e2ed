/** The fewest characters of a password. */
export const leastLength = 12

/** Letters and digits that are not taken for each other. */
const letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
const groups = 5
const groupLength = 4

/** A password nobody can guess, in groups that can be read out: 20 of 56 letters, some 116 bits. */
export const madeUp = (): string => {
  const drawn: Array<string> = []
  while (drawn.length < groups * groupLength)
    // Bytes above the last whole multiple would make some letters likelier.
    for (const byte of crypto.getRandomValues(new Uint8Array(64)))
      if (byte < 224 && drawn.length < groups * groupLength) drawn.push(letters[byte % letters.length] ?? "")
  return Array.from({ length: groups }, (_, at) => drawn.slice(at * groupLength, (at + 1) * groupLength).join("")).join(
    "-"
  )
}

/** Whether a password is long enough, by what a person counts as characters. */
export const isLong = (password: string): boolean => [...password].length >= leastLength
