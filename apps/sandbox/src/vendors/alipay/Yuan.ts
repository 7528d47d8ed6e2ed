/** An amount of fen as yuan with two decimals. */
export const text = (minor: number): string =>
  `${minor < 0 ? "-" : ""}${Math.trunc(Math.abs(minor) / 100)}.${String(Math.abs(minor) % 100).padStart(2, "0")}`

/** The fen of an amount of yuan with at most two decimals; `undefined` where it is written otherwise. */
export const minorOf = (yuan: string): number | undefined => {
  const [, whole, decimals = ""] = /^(0|[1-9]\d{0,11})(?:\.(\d{1,2}))?$/.exec(yuan) ?? []
  return whole === undefined ? undefined : Number(whole) * 100 + Number(decimals.padEnd(2, "0"))
}
