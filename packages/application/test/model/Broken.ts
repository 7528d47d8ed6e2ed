/** What does not hold, of what, and what was found. */
export class Broken extends Error {
  override readonly name = "Broken"
  constructor(rule: string, subject: string, detail: string) {
    super(`${rule}: ${subject}: ${detail}`)
  }
}

/** Stops a run where a rule does not hold. */
export const holds = (isRight: boolean, rule: string, subject: string, detail: () => string): void => {
  if (!isRight) throw new Broken(rule, subject, detail())
}
