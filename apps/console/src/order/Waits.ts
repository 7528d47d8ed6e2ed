import type { Detail } from "./useOrder.ts"

type Delivery = Detail["deliveries"][number]
type Try = Delivery["tries"][number]

const isTaken = ({ status }: Try): boolean => status !== null && status < 300

/** The last try of anything but this one at its endpoint. */
const lastBeside = ({ id, endpoint }: Delivery, all: ReadonlyArray<Delivery>): Try | undefined =>
  all
    .filter((other) => other.id !== id && other.endpoint === endpoint)
    .flatMap(({ tries }) => tries)
    .toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at))
    .at(-1)

/**
 * What a delivery waits for: the time of its next try, its turn, or an endpoint that does not take what else the order has for it.
 * Null where it is tried no more.
 */
export const waitsFor = (
  delivery: Delivery,
  all: ReadonlyArray<Delivery>,
  nowMillis: number
): "time" | "turn" | "endpoint" | null => {
  if (delivery.nextAt === null) return null
  if (Date.parse(delivery.nextAt) > nowMillis) return "time"
  const last = delivery.tries.length === 0 ? lastBeside(delivery, all) : undefined
  return last === undefined || isTaken(last) ? "turn" : "endpoint"
}
