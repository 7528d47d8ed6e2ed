const rememberedMillis = 5000
const maxRemembered = 1000

/** Whether tokens are good: a good one is remembered for 5 seconds, never past its own end, and at most 1000 are. */
export class Tokens {
  readonly #goodUntil = new Map<string, number>()
  readonly #find: (token: string) => Promise<number | undefined>
  #forgotten = 0

  /** `find` answers until when a token is good, in milliseconds since the epoch; `undefined` where it is not. */
  constructor(find: (token: string) => Promise<number | undefined>) {
    this.#find = find
  }

  /** Whether this token is good now; it is looked up where it is not remembered. */
  accepts(token: string): boolean | Promise<boolean> {
    return (this.#goodUntil.get(token) ?? 0) > Date.now() || this.#lookUp(token)
  }

  /** The next call with this token looks it up, as one does that has been revoked. */
  forget(token: string): void {
    this.#goodUntil.delete(token)
    this.#forgotten += 1
  }

  async #lookUp(token: string): Promise<boolean> {
    this.#goodUntil.delete(token)
    const forgotten = this.#forgotten
    const end = (await this.#find(token)) ?? 0
    const now = Date.now()
    // What was looked up before a token was forgotten may be stale: it is not remembered.
    if (end > now && forgotten === this.#forgotten) this.#remember(token, Math.min(end, now + rememberedMillis))
    return end > now
  }

  #remember(token: string, until: number): void {
    const [oldest] = this.#goodUntil.keys()
    if (oldest !== undefined && this.#goodUntil.size >= maxRemembered) this.#goodUntil.delete(oldest)
    this.#goodUntil.set(token, until)
  }
}
