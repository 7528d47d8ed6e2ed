import type { IncomingHttpHeaders, ServerResponse } from "node:http"
import { Effect, Exit } from "effect"
import type { Dispatcher } from "undici"
import * as Deadline from "./Deadline.ts"
import * as EndToEnd from "./EndToEnd.ts"
import type { Limits, Outgoing, Peeked, Response } from "./Message.ts"
import { type Broken, broken, type Refusal, refuse } from "./Refusal.ts"
import * as UpstreamFault from "./UpstreamFault.ts"

/** Whom the answer's head is told to, or why there is none. */
export type Tell = (outcome: Exit.Exit<Response, Refusal | Broken>) => void

/** Where an answer's body goes. */
export interface Sink {
  /** False where it wants no more for now; `Exchange.resume` goes on. */
  readonly write: (chunk: Buffer) => boolean
  readonly end: (trailers: ReadonlyArray<string>) => void
  /** It will not come whole. */
  readonly cut: (why: Broken) => void
}

/** Whom an exchange asks and tells, beside the one who waits for its answer. */
export interface Surroundings {
  /** It has ended, in whatever way; once. */
  readonly ended: () => void
  /** undici has done with it; once, and only if it came there. */
  readonly over: () => void
  /** Its connection breaks at this moment. */
  readonly isBreaking: () => boolean
  /** The next bytes of the request are waited for, by no fault of the upstream's. */
  readonly isClientLate: () => boolean
}

/** Bytes of a body that are kept while nobody has said where it goes. */
const earlyBytes = 64 * 1024

const latin1 = (raw: Dispatcher.DispatchController["rawHeaders"]): ReadonlyArray<string> =>
  Array.isArray(raw)
    ? raw.map((part: Buffer | string) => (typeof part === "string" ? part : part.toString("latin1")))
    : []

const gone = new Error("Nobody waits for it.")

/** One request to an upstream and its answer, each phase within its limit; whoever stops waiting ends it. */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Nothing of the request has been written before this. */
  isStarted = false
  readonly #limits: Limits
  readonly #tell: Tell
  readonly #around: Surroundings
  readonly #untilMillis: number
  #phase = "No connection in time."
  #phaseMillis: number
  #phaseUntilMillis: number
  #timer: NodeJS.Timeout | undefined
  #wakesAtMillis = Number.POSITIVE_INFINITY
  #controller: Dispatcher.DispatchController | undefined
  #isTold = false
  #isOver = false
  #isWriting = false
  #isDone = false
  #isPaused = false
  #sink: Sink | null = null
  #early: Array<Buffer> = []
  #earlySize = 0
  #trailers: ReadonlyArray<string> | null = null
  #failure: Broken | null = null

  constructor(limits: Limits, tell: Tell, around: Surroundings) {
    this.#limits = limits
    this.#tell = tell
    this.#around = around
    const now = Deadline.now()
    this.#untilMillis = now + limits.totalMillis
    this.#phaseMillis = limits.connectMillis
    this.#phaseUntilMillis = now + limits.connectMillis
    this.#arm(now)
  }

  /** Nobody waits for it any more: an upstream that is still at it sees the connection close. */
  stop(): void {
    if (!this.#isOver) this.#fail(broken("UPSTREAM_RESET", "The call was given up."), gone)
  }

  /** From here on the body goes to `sink`, beginning with what has come of it. */
  pour(sink: Sink): void {
    this.#sink = sink
    const early = this.#early
    this.#early = []
    this.#earlySize = 0
    let isOpen = true
    for (const chunk of early)
      if (this.#sink === sink) isOpen = sink.write(chunk)
      else this.#keep(chunk)
    if (this.#sink !== sink) return this.#pause()
    if (this.#failure !== null) sink.cut(this.#failure)
    else if (this.#trailers !== null) sink.end(this.#trailers)
    else if (isOpen) this.resume()
    else this.#pause()
  }

  /** The sink takes more. */
  resume(): void {
    if (!this.#isPaused || this.#isOver) return
    this.#isPaused = false
    this.#enter(this.#limits.idleMillis, "The body stopped coming.")
    this.#controller?.resume()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // A process that was stopped in between has not heard its timers yet.
    if (Deadline.now() > this.#untilMillis) this.#late("Its time was over.")
    if (this.#isOver) return controller.abort(gone)
    this.isStarted = true
    this.#isWriting = true
    this.#enter(this.#limits.idleMillis, "The request could not be written.")
  }

  onBodySent(): void {
    this.#goesOn()
  }

  onRequestSent(): void {
    this.#isWriting = false
    if (!this.#isTold) this.#enter(this.#limits.headMillis, "No answer in time.")
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _: IncomingHttpHeaders): void {
    // What comes before the answer, such as 103, is not it (RFC 9110 §15.2).
    if (status < 200 || this.#isOver) return
    const headers = latin1(controller.rawHeaders)
    if (status > 599 || !UpstreamFault.areSound(headers))
      return this.#fail(broken("UPSTREAM_MALFORMED", "The upstream's answer has no head that can be passed on."), gone)
    this.#enter(this.#limits.idleMillis, "The body stopped coming.")
    this.#isTold = true
    this.#tell(Exit.succeed({ status, headers: EndToEnd.answer(headers), body: this.#body }))
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return
    this.#goesOn()
    if (this.#sink !== null) {
      if (!this.#sink.write(chunk)) this.#pause()
      return
    }
    this.#keep(chunk)
    if (this.#earlySize > earlyBytes) this.#pause()
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    this.#done()
    if (this.#isOver) return
    if (this.#around.isBreaking())
      return this.#fail(broken("UPSTREAM_RESET", "The connection broke in the body."), gone)
    this.#end()
    const trailers = EndToEnd.trailers(latin1(controller.rawTrailers))
    this.#trailers = UpstreamFault.areSound(trailers) ? trailers : []
    this.#sink?.end(this.#trailers)
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#done()
    this.#fail(this.isStarted ? UpstreamFault.afterStart(error) : null, error)
  }

  /** Gives it up; `null` where nothing of it has left. */
  #fail(failure: Broken | null, error: Error): void {
    if (this.#isOver) return
    this.#end()
    this.#controller?.abort(error)
    if (failure === null || !this.isStarted) {
      this.#isTold = true
      return this.#tell(Exit.fail(UpstreamFault.beforeStart(error)))
    }
    this.#failure = failure
    if (this.#isTold) return this.#sink?.cut(failure)
    this.#isTold = true
    this.#tell(Exit.fail(failure))
  }

  #late(what: string): void {
    if (this.#isOver) return
    if (this.isStarted) return this.#fail(broken("UPSTREAM_TIMEOUT", `The upstream is too slow. ${what}`), gone)
    this.#end()
    this.#isTold = true
    this.#tell(Exit.fail(refuse("UPSTREAM_CONNECT_TIMEOUT", `Nothing was sent. ${what}`)))
  }

  #keep(chunk: Buffer): void {
    this.#early.push(chunk)
    this.#earlySize += chunk.length
  }

  #end(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#around.ended()
  }

  #done(): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#around.over()
  }

  /** A phase begins; `what` is said where it is over. */
  #enter(millis: number, what: string): void {
    this.#phase = what
    this.#phaseMillis = millis
    this.#goesOn()
  }

  /** The phase's time begins again. One timer serves all phases: it is not moved for one that ends after it. */
  #goesOn(): void {
    const now = Deadline.now()
    this.#phaseUntilMillis = now + this.#phaseMillis
    if (this.#phaseUntilMillis < this.#wakesAtMillis) this.#arm(now)
  }

  #arm(now: number): void {
    clearTimeout(this.#timer)
    this.#wakesAtMillis = Math.min(this.#phaseUntilMillis, this.#untilMillis)
    this.#timer = setTimeout(this.#wake, Math.ceil(this.#wakesAtMillis - now))
  }

  readonly #wake = (): void => {
    const now = Deadline.now()
    const isClientLate = this.#isWriting && this.#around.isClientLate()
    if (now >= this.#untilMillis && isClientLate) this.#fail(broken("REQUEST_TIMEOUT", "Send the body sooner."), gone)
    else if (now >= this.#untilMillis) this.#late("It was not over in time.")
    else if (isClientLate) this.#wait(now)
    else if (now >= this.#phaseUntilMillis) this.#late(this.#phase)
    else this.#arm(now)
  }

  /** For a client's next bytes: it has a time limit of its own. */
  #wait(now: number): void {
    this.#phaseUntilMillis = now + this.#phaseMillis
    this.#arm(now)
  }

  #pause(): void {
    if (this.#isOver || this.#isPaused) return
    this.#isPaused = true
    this.#enter(this.#limits.idleMillis, "The client does not read.")
    this.#controller?.pause()
  }

  readonly #body: Outgoing & { readonly exchange: Exchange } = {
    _tag: "Outgoing",
    exchange: this,
    drop: () => this.stop(),
    peek: (maxBytes) =>
      Effect.async<Peeked, Broken>((resume) => {
        const chunks: Array<Buffer> = []
        let size = 0
        this.pour({
          write: (chunk) => {
            chunks.push(chunk)
            size += chunk.length
            if (size <= maxBytes) return true
            this.#sink = null
            const first = Buffer.concat(chunks)
            resume(Effect.succeed({ isWhole: false, bytes: first, body: { _tag: "Rest", first, rest: this.#body } }))
            return false
          },
          end: () => {
            const [only] = chunks
            const bytes = only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks)
            resume(Effect.succeed({ isWhole: true, bytes, body: { _tag: "Bytes", bytes } }))
          },
          cut: (why) => resume(Effect.fail(why))
        })
        return Effect.sync(() => this.stop())
      })
  }
}

/** The exchange that an answer's body comes from. */
export const of = (body: Outgoing): Exchange | undefined =>
  "exchange" in body && body.exchange instanceof Exchange ? body.exchange : undefined

/** An answer's body into Node's response, with back pressure, its trailers as `passed` leaves them; a client that is gone ends it. */
export const toClient = (exchange: Exchange, response: ServerResponse, passed: Response["trailers"]): Sink => {
  let isBegun = false
  const sink: Sink = {
    write: (chunk) => {
      isBegun = true
      return response.write(chunk)
    },
    end: (all) => {
      isBegun = true
      const trailers = passed === undefined ? all : passed(all)
      if (trailers.length > 0) response.addTrailers(pairs(trailers))
      response.end()
    },
    // Without a length and chunks, a plain end would say that this was all.
    cut: () => void (response.req.httpVersionMinor === 0 ? response.socket?.resetAndDestroy() : response.destroy())
  }
  response.on("drain", () => exchange.resume())
  // A head that comes alone goes on alone: whoever waits for events wants it before the first.
  process.nextTick(() => {
    if (!isBegun && !response.destroyed) response.flushHeaders()
  })
  return sink
}

const pairs = (flat: ReadonlyArray<string>): ReadonlyArray<[string, string]> =>
  Array.from({ length: flat.length / 2 }, (_, at) => [flat[at * 2] ?? "", flat[at * 2 + 1] ?? ""])
