/** What a rival can be asked to do, by name: `vendor.step`. */
export interface Steps {
  /** Does it once with order `index`; fails where what comes out is not right. */
  readonly [task: string]: (index: number) => unknown
}

/** Orders of each vendor: a rival goes through them again and again. */
export const orders = 16

/** Fails unless something is so. */
export const check = (isRight: boolean, what: string): void => {
  if (!isRight) throw new Error(`${what} went wrong.`)
}
