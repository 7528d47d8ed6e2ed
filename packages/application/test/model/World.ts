import { Money } from "@payment-proxy/domain"
import {
  type Announcer,
  type App,
  type Apps,
  Deliveries,
  DueWork,
  Inbox,
  NotDelivered,
  Orders,
  Proposals,
  type Queue,
  unlimited,
  Vault,
  Vendors,
  WebhookSender
} from "@payment-proxy/ports"
import type * as Checker from "@payment-proxy/testkit/Checker"
import * as FakeVault from "@payment-proxy/testkit/FakeVault"
import * as FakeVendors from "@payment-proxy/testkit/FakeVendors"
import type * as FakeWebhookSender from "@payment-proxy/testkit/FakeWebhookSender"
import * as ManualClock from "@payment-proxy/testkit/ManualClock"
import * as Memory from "@payment-proxy/testkit/Memory"
import { Cause, Context, Effect, Exit, Random, type Runtime } from "effect"
import { Changes } from "../../src/Changes.ts"
import { secretContext } from "../../src/Deliver.ts"
import { Entropy } from "../../src/Entropy.ts"
import { Lines } from "../../src/Turns.ts"
import { round } from "../../src/Work.ts"
import { Broken } from "./Broken.ts"
import * as Platform from "./Platform.ts"
import { frozen, Process, runtimeOf, started, Turns } from "./Processes.ts"
import type { Run } from "./steps.ts"

const startMillis = Date.UTC(2026, 10, 23, 8)
export const orderMinor = 1000n
export const amount = Money.make(orderMinor, "CNY")

/** What the application needs of the world. */
export type Needs = Context.Tag.Identifier<
  | typeof Orders
  | typeof DueWork
  | typeof Deliveries
  | typeof Inbox
  | typeof Apps
  | typeof Proposals
  | typeof Vault
  | typeof Vendors
  | typeof WebhookSender
  | typeof Announcer
  | typeof Changes
>

/** Memory of a process that the application keeps under these names. */
class LastAsked extends Context.Reference<LastAsked>()("@payment-proxy/application/AskSoon/LastAsked", {
  defaultValue: () => new Map<string, number>()
}) {}
class LastSynced extends Context.Reference<LastSynced>()("@payment-proxy/application/Sync/LastSynced", {
  defaultValue: () => new Map<string, number>()
}) {}

/** A call of a port after which, or before which, whoever makes it dies. */
interface Doom {
  left: number
  readonly isAfter: boolean
}

interface Running {
  readonly process: Process
  readonly runtime: Runtime.Runtime<Needs>
}

const endpointId = "shop-webhook"
const url = "https://shop.example/webhooks"
const sealedSecret = Effect.runSync(FakeVault.make.seal(secretContext(endpointId), "whsec_dGhyb3dhd2F5"))
export const shop: App = {
  id: "shop",
  name: "A shop",
  endpoints: [{ id: endpointId, url, sealedSecrets: [sealedSecret], events: null, stopped: null }],
  limits: unlimited,
  isDisabled: false
}

/** Each number is another, and the same in each run. */
const counted = () => {
  let count = 0
  return (length: number): Uint8Array => {
    const bytes = new Uint8Array(length)
    count += 1
    bytes[length - 1] = count % 256
    bytes[length - 2] = Math.floor(count / 256) % 256
    return bytes
  }
}

const failures = (answers: string): NotDelivered | null => {
  const failed = (status: number | null, retryAfterMillis: number | null = null) =>
    new NotDelivered({ reason: `HTTP ${status}`, status, retryAfterMillis, gone: status === 410 })
  if (answers === "500") return failed(500)
  if (answers === "410") return failed(410)
  if (answers === "busy") return failed(429, 60_000)
  return answers === "unreachable" ? failed(null) : null
}

/** Makes calls of a port end the life of who makes them, where that is their doom. */
const mortal = <S extends object>(service: S, names: ReadonlyArray<keyof S>, die: Mortal): S => {
  const copy = { ...service }
  for (const name of names) {
    const method = service[name] as (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>
    copy[name] = ((...args: ReadonlyArray<unknown>) => die(method(...args))) as S[keyof S]
  }
  return copy
}
type Mortal = (call: Effect.Effect<unknown, unknown>) => Effect.Effect<unknown, unknown>

/** The whole application on fakes: two processes of ours, a platform, an endpoint, and a clock, all in one thread. */
export class World {
  readonly clock = ManualClock.make(startMillis)
  readonly tables = Memory.tables()
  readonly turns = new Turns()
  readonly random = Random.make("model")
  readonly bytes = counted()
  readonly fake: FakeVendors.FakeVendor["Type"]
  readonly platform: Platform.Platform
  readonly sink: Array<FakeWebhookSender.Got> = []
  readonly client: Array<Checker.ClientOp> = []
  readonly notifications: Array<Checker.VendorNotification> = []
  /** Payments that the vendor said would never be paid, and that can be after all. */
  readonly reopened = new Set<string>()
  /** What somebody saw that must not be, outside of what fails. */
  broken: Broken | null = null
  doom: Doom | null = null
  endpoint = "ok"
  readonly #ports: Context.Context<never>
  readonly #announcer: Context.Context<Announcer>
  readonly #elsewhere: Running
  #gateway: Running | null = null
  #worker: Running | null = null

  constructor(announcer: Context.Context<Announcer>, { latePaid, isTold }: Pick<Run, "latePaid" | "isTold">) {
    this.#announcer = announcer
    const store = Memory.over(this.tables)
    const platform = FakeVendors.make(["platform"])
    this.fake = Context.get(platform, FakeVendors.FakeVendor)
    Effect.runSync(this.fake.configure({ latePaid }))
    this.#elsewhere = this.#born(Context.empty() as Context.Context<Needs>)
    this.platform = Platform.make(Context.get(platform, Vendors), this.fake, (effect) =>
      started(this.#elsewhere.process, this.#elsewhere.runtime, effect, () => {})
    )
    this.#ports = store as unknown as Context.Context<never>
    this.tables.apps.set(shop.id, isTold ? shop : { ...shop, endpoints: [] })
  }

  nowMillis(): number {
    return this.clock.clock.unsafeCurrentTimeMillis()
  }

  #born(context: Context.Context<Needs>): Running {
    const process = new Process(this.turns)
    return {
      process,
      runtime: runtimeOf(context, this.clock, this.random, (message, cause) => this.#warned(message, cause))
    }
  }

  /** What is only told to who reads the log. */
  #warned(message: unknown, cause: Cause.Cause<unknown>): void {
    const text = String(Array.isArray(message) ? message[0] : message)
    if (!/^A piece of due work failed|could not be|^The stored request/.test(text)) return
    if (Cause.isInterruptedOnly(cause) && !Cause.isEmpty(cause)) return
    this.broken ??= new Broken("I12", "a process", `${text} ${Cause.pretty(cause)}`)
  }

  #dies(running: () => Running): Mortal {
    return (call) =>
      Effect.suspend(() => {
        const { doom } = this
        if (doom === null) return call
        if (doom.left > 0) {
          doom.left -= 1
          return call
        }
        this.doom = null
        const end = Effect.suspend(() => {
          running().process.kill()
          return frozen
        })
        return doom.isAfter ? Effect.zipRight(Effect.exit(call), end) : end
      })
  }

  /** A process of ours begins, with nothing in its memory. */
  #process(): Running {
    const process: { running: Running | null } = { running: null }
    const die = this.#dies(() => process.running as Running)
    const ports = this.#ports as Context.Context<Needs>
    const context = Context.merge(ports, this.#announcer).pipe(
      Context.add(Orders, mortal(Context.get(ports, Orders), ["commit"], die)),
      Context.add(DueWork, mortal(Context.get(ports, DueWork), ["claim", "done", "postpone", "giveBack"], die)),
      Context.add(Inbox, mortal(Context.get(ports, Inbox), ["keep"], die)),
      Context.add(Proposals, mortal(Context.get(ports, Proposals), ["move"], die)),
      Context.add(Deliveries, mortal(Context.get(ports, Deliveries), ["giveUp"], die)),
      Context.add(
        Vendors,
        mortal(this.platform.vendors, ["create", "query", "close", "capture", "complete", "refund", "queryRefund"], die)
      ),
      Context.add(WebhookSender, mortal(this.#sender, ["send"], die)),
      Context.add(Vault, FakeVault.make),
      Context.add(Changes, quiet),
      Context.add(Entropy, { bytes: this.bytes }),
      Context.add(Lines, new Map()),
      Context.add(LastAsked, new Map()),
      Context.add(LastSynced, new Map())
    )
    process.running = this.#born(context as unknown as Context.Context<Needs>)
    return process.running
  }

  readonly #sender = WebhookSender.of({
    send: (message) =>
      Effect.suspend(() => {
        const failure = failures(this.endpoint)
        this.sink.push({ ...message, atMillis: this.nowMillis(), status: failure === null ? 204 : failure.status })
        return failure === null ? Effect.succeed(204) : failure
      })
  })

  get gateway(): Running {
    if (this.#gateway === null || this.#gateway.process.isDead) this.#gateway = this.#process()
    return this.#gateway
  }

  get worker(): Running {
    if (this.#worker === null || this.#worker.process.isDead) this.#worker = this.#process()
    return this.#worker
  }

  /** Starts what somebody asks of the gateway, and lets everybody work until nobody can. */
  call<A, E, R extends Needs>(effect: Effect.Effect<A, E, R>, ended: (exit: Exit.Exit<A, E>) => void): void {
    const { process, runtime } = this.gateway
    started(process, runtime as Runtime.Runtime<R>, effect, (exit) => {
      const wrong = Exit.isFailure(exit) ? Cause.dieOption(exit.cause) : null
      if (wrong !== null && wrong._tag === "Some")
        this.broken ??= wrong.value instanceof Broken ? wrong.value : new Broken("I12", "a call", String(wrong.value))
      this.#judged(() => ended(exit))
    })
    this.settle()
  }

  /** What an observer finds is told to who runs the world, not to the fiber that he observes. */
  #judged(judge: () => void): void {
    try {
      judge()
    } catch (found) {
      if (!(found instanceof Broken)) throw found
      this.broken ??= found
    }
  }

  /** Does what everybody can do now. */
  settle(): void {
    this.turns.flush()
    if (this.broken !== null) throw this.broken
  }

  /** A round of a queue; whether there was anything due. */
  work(queue: Queue): boolean {
    let count = 0
    const { process, runtime } = this.worker
    started(process, runtime, round(queue) as Effect.Effect<{ readonly count: number }, unknown, Needs>, (exit) => {
      if (Exit.isSuccess(exit)) count = exit.value.count
      else if (!Cause.isInterruptedOnly(exit.cause)) this.broken ??= new Broken("I12", queue, Cause.pretty(exit.cause))
    })
    this.settle()
    return count > 0
  }

  /** Lets time pass, from one who wakes to the next. */
  pass(millis: number): void {
    const endMillis = this.nowMillis() + Math.ceil(millis)
    for (;;) {
      const next = this.clock.next()
      if (next === null || next > endMillis) break
      this.clock.advance(Math.max(Math.ceil(next) - this.nowMillis(), 0))
      this.settle()
    }
    this.clock.advance(Math.max(endMillis - this.nowMillis(), 0))
  }

  /** Our processes are told to stop, and hand back what they have. */
  stop(): void {
    for (const running of [this.#gateway, this.#worker]) {
      if (running === null) continue
      for (const fiber of running.process.fibers) fiber.unsafeInterruptAsFork(fiber.id())
    }
    this.settle()
  }

  /** Our processes are gone, whatever they were about. */
  crash(): void {
    this.doom = null
    this.#gateway?.process.kill()
    this.#worker?.process.kill()
  }
}

/** Nobody waits for changes here; the loops are not run. */
const quiet = Changes.of({
  committed: () => Effect.void,
  next: () => Effect.void,
  watch: () => () => {},
  awaited: Effect.succeed(0),
  nudge: () => Effect.void,
  work: () => Effect.void
})
