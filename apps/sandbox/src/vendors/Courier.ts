import type { Oddity } from "../Faults.ts"

export type { Oddity } from "../Faults.ts"

/** One try of a notification as it is sent; `genuine` is false where a fault made something of it wrong, `id` is for the ledger. */
export interface Sent {
  readonly headers: Record<string, string>
  readonly body: string
  readonly genuine: boolean
  readonly id: string
}

/** A notification, made anew for each try (the first is 0), since its time and signature are; `oddity` is what a fault wants to be wrong with it. */
export type Message = (oddity: Oddity | undefined, attempt: number) => Sent

/** A notification that is to be taken to a merchant. */
export interface Errand {
  readonly number: string
  readonly event: string
  readonly url: string
  readonly message: Message
  /** Whether the merchant's answer takes it (WeChat Pay: 2xx; Alipay: the seven letters "success"; ...). */
  readonly isTaken: (status: number, body: string) => boolean
  /** Waits after each try, in milliseconds; then it is given up. */
  readonly retryMillis: ReadonlyArray<number>
  /** The oddities that the message can play; left out: all. Faults of others do not fire. */
  readonly oddities?: ReadonlyArray<Oddity>
}

/** Takes notifications to merchants, by POST, with what the faults on `notify` want; tries until they are taken. */
export class Courier {
  /** Sends; resolves when the first try is over, later tries go by timers. */
  send(_errand: Errand): Promise<void> {
    throw new Error("Not written yet.")
  }

  /** Whether a notification of this payment and event was taken, also before a restart. */
  isTaken(_number: string, _event: string): boolean {
    throw new Error("Not written yet.")
  }

  /** Stops all tries. */
  close(): void {}
}
