import { Data } from "effect"

/** The vault's keys cannot be had: what is wrong, where it is, and how to mend it. */
export class KeyFileInvalid extends Data.TaggedError("KeyFileInvalid")<{
  readonly what: string
  readonly where: string
  readonly mend: string
}> {
  override get message(): string {
    return `${this.what} (${this.where}) ${this.mend}`
  }
}
