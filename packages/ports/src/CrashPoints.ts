import { Context, Effect } from "effect"

/** The instants at which a process can be made to die, by name: what is done by then, and what is not. */
export const crashPoints = {
  K01: "a new order's body decoded, nothing written",
  K02: "in the transaction of a new order, before its COMMIT",
  K03: "the COMMIT of a new order done, its outcome not yet read",
  K04: "a new order on disk, the vendor not yet called",
  K05: "half of a create's body written to the vendor",
  K06: "a create written to the vendor, no answer yet",
  K07: "the head of a vendor's answer read, not its body",
  K08: "a create's answer read, nothing of it written",
  K09: "in the transaction of a moved order, before its COMMIT",
  K10: "a create's evidence on disk, the caller not yet answered",
  K11: "half of the caller's answer written",
  K12: "a notification's body read, not yet verified",
  K13: "in the transaction of a verified notification, before its COMMIT",
  K14: "a notification on disk, not yet answered",
  K15: "a notification answered, not yet applied",
  K16: "due work claimed, not yet done",
  K17: "a query answered, nothing of it written",
  K18: "a refund's intent on disk, the vendor not yet called",
  K19: "a refund written to the vendor, no answer yet",
  K20: "a close written to the vendor, no answer yet",
  K21: "an event written to its endpoint, no answer yet",
  K22: "an event's answer read, its delivery not yet marked",
  K23: "a lease renewed, the work not yet done",
  K24: "a part of a day's bill compared, the rest not yet read",
  K25: "a migration's statement done, the step not yet recorded"
} as const
export type CrashPoint = keyof typeof crashPoints

/** What happens at crash points: nothing, unless a test has put something else in its place. */
export class CrashPoints extends Context.Reference<CrashPoints>()("@payment-proxy/ports/CrashPoints", {
  defaultValue: (): {
    readonly hit: (point: CrashPoint) => void
    /** `text` as it is to be written: whole, or in halves with `half` (null: no point) between and `whole` after them. */
    readonly written: (text: string, half: CrashPoint | null, whole?: CrashPoint) => string | AsyncIterable<Uint8Array>
  } => ({ hit: () => {}, written: (text) => text })
}) {}

/** Which point the calls of a piece of work are at once they are written. */
export class WrittenPoint extends Context.Reference<WrittenPoint>()("@payment-proxy/ports/WrittenPoint", {
  defaultValue: (): CrashPoint => "K06"
}) {}

/** The process is at this point. */
export const crashPoint = (point: CrashPoint): Effect.Effect<void> =>
  Effect.withFiberRuntime((fiber) => {
    Context.get(fiber.currentContext, CrashPoints).hit(point)
    return Effect.void
  })
