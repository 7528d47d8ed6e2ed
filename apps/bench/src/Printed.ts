/** What a bench has to say: lines for people, one value for machines, and whether all was as it must be. */
export interface Printed {
  readonly lines: ReadonlyArray<string>
  readonly json: object
  readonly isRight: boolean
}
