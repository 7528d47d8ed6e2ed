import type { IncomingMessage, ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { Data, Effect, Exit } from "effect"
import type { Bytes, Empty, Incoming, Request } from "./Message.ts"
import { type Code, type Refusal, refuse } from "./Refusal.ts"

/** The body did not come as it should: the client's doing. */
export class BodyFault extends Data.TaggedError("BodyFault")<{ readonly refusal: Refusal }> {}

const fault = (code: Code, detail: string): BodyFault => new BodyFault({ refusal: refuse(code, detail) })
const cut = (): BodyFault => fault("REQUEST_MALFORMED", "The body did not arrive whole.")
const stalled = (): BodyFault => fault("REQUEST_TIMEOUT", "Send the whole body without pauses.")
const tooLarge = (maxBytes: number): BodyFault => fault("BODY_TOO_LARGE", `A body has at most ${maxBytes} bytes here.`)

const ignored = (): void => {}

/** Limits of a body: bytes, milliseconds without any, and for all of it while it is read whole. */
export interface Bounds {
  readonly maxBytes: number
  readonly idleMillis: number
  readonly totalMillis: number
}

/**
 * A request's body as a stream that can be given up without the connection: whoever ends it early leaves the request, and the
 * answer to it, as they are. It ends with a `BodyFault` where the client leaves, stalls, or sends more than it may.
 */
class Flow extends Readable {
  readonly #incoming: IncomingMessage
  readonly #bounds: Bounds
  readonly #timer: NodeJS.Timeout
  #size = 0
  #isWaiting = false

  constructor(incoming: IncomingMessage, bounds: Bounds) {
    super()
    this.#incoming = incoming
    this.#bounds = bounds
    // It may end before anybody listens: in the queue of the upstream.
    this.on("error", ignored)
    this.#timer = setTimeout(() => {
      if (this.#isWaiting) this.destroy(stalled())
    }, bounds.idleMillis)
    incoming.on("data", this.#data).once("end", this.#end).once("close", this.#close).on("error", ignored)
    incoming.pause()
    if (incoming.destroyed) this.#close()
  }

  /** The client's next bytes are waited for. */
  get isWaiting(): boolean {
    return this.#isWaiting
  }

  override _read(): void {
    this.#isWaiting = true
    this.#timer.refresh()
    this.#incoming.resume()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    this.#incoming.off("data", this.#data).off("end", this.#end).off("close", this.#close)
    this.#incoming.pause()
    done(error)
  }

  #data = (chunk: Buffer): void => {
    this.#size += chunk.length
    if (this.#size > this.#bounds.maxBytes) this.destroy(tooLarge(this.#bounds.maxBytes))
    else if (this.push(chunk)) this.#timer.refresh()
    else {
      this.#isWaiting = false
      this.#incoming.pause()
    }
  }

  #end = (): void => {
    this.#isWaiting = false
    this.push(null)
  }

  #close = (): void => {
    if (!this.#incoming.readableEnded) this.destroy(cut())
  }
}

/** What a claim comes to. */
export type Claimed = Exit.Exit<Bytes, Refusal>

/** Reads a body that is still on its way; answers how to stop. */
const follow = (incoming: IncomingMessage, bounds: Bounds, tell: (claimed: Claimed) => void) => {
  const { maxBytes, idleMillis, totalMillis } = bounds
  const chunks: Array<Buffer> = []
  let size = 0
  const stop = (): void => {
    clearTimeout(timer)
    clearTimeout(total)
    incoming.off("data", data).off("end", end).off("close", close).off("error", close)
  }
  const fail = (why: BodyFault): void => {
    stop()
    incoming.on("error", ignored).pause()
    tell(Exit.fail(why.refusal))
  }
  const timer = setTimeout(() => fail(stalled()), idleMillis)
  const total = setTimeout(() => fail(stalled()), totalMillis)
  const data = (chunk: Buffer): void => {
    size += chunk.length
    if (size > maxBytes) return fail(tooLarge(maxBytes))
    chunks.push(chunk)
    timer.refresh()
  }
  const end = (): void => {
    stop()
    const [first] = chunks
    const bytes = first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks)
    tell(Exit.succeed({ _tag: "Bytes", bytes }))
  }
  const close = (): void => fail(cut())
  incoming.on("data", data).once("end", end).once("close", close).once("error", close)
  return stop
}

/** Whether all of a body of this length has arrived, and nobody has read of it yet. */
const isHere = (incoming: IncomingMessage, length: number | null): boolean =>
  !incoming.destroyed && (incoming.complete || incoming.readableLength === length)

/** Reads a body whole; answers how to stop. One that came with its head, as most small ones do, is at hand in the next tick. */
const collect = (
  incoming: IncomingMessage,
  length: number | null,
  bounds: Bounds,
  tell: (claimed: Claimed) => void
) => {
  let stop: (() => void) | undefined = () => {
    stop = undefined
  }
  process.nextTick(() => {
    if (stop === undefined) return
    // Nothing more comes of it, and nothing says so once more.
    if (incoming.destroyed) return tell(Exit.fail(cut().refusal))
    if (!isHere(incoming, length)) {
      stop = follow(incoming, bounds, tell)
      return
    }
    const bytes: Buffer = incoming.read() ?? Buffer.alloc(0)
    incoming.resume()
    tell(
      bytes.length > bounds.maxBytes
        ? Exit.fail(tooLarge(bounds.maxBytes).refusal)
        : Exit.succeed({ _tag: "Bytes", bytes })
    )
  })
  return () => stop?.()
}

/** A body up to this is read whole before it is sent: one packet less, and it can be sent again. */
export const smallBytes = 64 * 1024

/** A request with its body in memory, if it is small; any other as it is. */
export const small = (request: Request): Effect.Effect<Request, Refusal> =>
  request.body._tag === "Incoming" && request.body.length !== null && request.body.length <= smallBytes
    ? Effect.map(request.body.claim(smallBytes), (body) => ({ ...request, body }))
    : Effect.succeed(request)

/** Whether a request can be sent again. */
export const isRepeatable = ({ body }: Request): boolean => body._tag === "Empty" || body._tag === "Bytes"

/** A body as the proxy itself reads it: `collect` is `claim` without a fiber. */
export interface Arriving extends Incoming {
  readonly collect: (maxBytes: number, tell: (claimed: Claimed) => void) => void
}

/** The body of a request. A client that waits for `100 Continue` gets it when somebody wants the body. */
export const make = (incoming: IncomingMessage, response: ServerResponse, bounds: Bounds): Empty | Arriving => {
  const { "content-length": stated, "transfer-encoding": coding, expect } = incoming.headers
  const length = stated === undefined ? null : Number(stated)
  if (coding === undefined && (length === null || length === 0)) return { _tag: "Empty" }
  const begin = (): void => {
    if (expect !== undefined && incoming.httpVersionMinor === 1) response.writeContinue()
  }
  const collecting = (maxBytes: number, tell: (claimed: Claimed) => void) => {
    const most = Math.min(maxBytes, bounds.maxBytes)
    if (length !== null && length > most) return tell(Exit.fail(tooLarge(most).refusal))
    begin()
    return collect(incoming, length, { ...bounds, maxBytes: most }, tell)
  }
  return {
    _tag: "Incoming",
    length,
    stream: () => {
      begin()
      const flow = new Flow(incoming, bounds)
      return { readable: flow, isClientLate: () => flow.isWaiting }
    },
    collect: (maxBytes, tell) => void collecting(maxBytes, tell),
    claim: (maxBytes) =>
      Effect.async((resume) => {
        const stop = collecting(maxBytes, resume)
        return Effect.sync(() => stop?.())
      })
  }
}
