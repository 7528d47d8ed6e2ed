/** A certificate and its private key (PKCS#8), both PEM. */
export interface Pair {
  readonly certificate: string
  readonly privateKey: string
}

/** A certificate authority's own pair, good for so many years from now. */
export const authority = async (_options: { readonly name: string; readonly years: number }): Promise<Pair> => {
  throw new Error("Not written yet.")
}

/** An RSA 2048 pair that an authority issued; `serial` in upper-case hex, without leading zeros. */
export const issued = async (_options: {
  readonly authority: Pair
  /** The subject's common name, or a distinguished name ("CN=…, O=…"). */
  readonly subject: string
  readonly days: number
  /** Now, where left out. */
  readonly notBefore?: Date
  /** Upper-case hex; by chance where left out. */
  readonly serial?: string
}): Promise<Pair & { readonly serial: string }> => {
  throw new Error("Not written yet.")
}

/** RSA 2048 keys: PKCS#8 and SPKI, PEM. */
export const rsaKeys = async (): Promise<{ readonly privateKey: string; readonly publicKey: string }> => {
  throw new Error("Not written yet.")
}
