import type { OrderFilter } from "@payment-proxy/ports"
import { type Browser, parametersOf } from "./Browser.ts"

/** What operators saw, and how long it took, in milliseconds. */
export interface Seen {
  /** By what was asked for. */
  readonly took: Map<string, Array<number>>
  /** Between one overview of a stream and the next. */
  readonly gaps: Array<number>
  /** How long before an overview came the newest order that it counts had been answered. */
  readonly behind: Array<number>
  readonly changes: { count: number }
  readonly exported: { bytes: number }
  readonly faults: Array<string>
}

/** What the crowd looks at. */
export interface Sights {
  readonly filters: { readonly [name: string]: Partial<OrderFilter> }
  /** When each order that was placed was answered, oldest first. */
  readonly answered: ReadonlyArray<number>
  /** The number of an order that was placed a moment ago. */
  readonly newest: () => string
}

const overviews = 10
const searchers = 4
const watchers = 3
const thinkMillis = 150
const countsEvery = 5

const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

/** Of the text of a stream, event by event. */
const events = (onEvent: (data: string) => void) => {
  let text = ""
  return (piece: string) => {
    text += piece
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const data = /^data: ?(.*)$/m.exec(text.slice(0, end))?.[1]
      text = text.slice(end + 2)
      if (data !== undefined) onEvent(data)
    }
  }
}

interface Told {
  readonly vendors: ReadonlyArray<{ readonly minutes: ReadonlyArray<{ readonly placed: number }> }>
}
const placedIn = ({ vendors }: Told): number =>
  vendors.flatMap(({ minutes }) => minutes).reduce((sum, { placed }) => sum + placed, 0)

/** Operators at work until `signal`: streams, searches, counts, orders' pages with their streams, and an export. */
export const work = async (browser: Browser, sights: Sights, signal: AbortSignal): Promise<Seen> => {
  const seen: Seen = {
    took: new Map(),
    gaps: [],
    behind: [],
    changes: { count: 0 },
    exported: { bytes: 0 },
    faults: []
  }
  const fault = (error: unknown) => void (signal.aborted || seen.faults.push(String(error).slice(0, 500)))
  const ask = async (name: string, path: string) => {
    const begin = performance.now()
    const { status, text } = await browser.get(path)
    if (status !== 200) return fault(`${path}: ${status} ${text}`)
    seen.took.set(name, [...(seen.took.get(name) ?? []), performance.now() - begin])
  }
  const watchOverview = async () => {
    let lastAt = 0
    await browser.follow(
      "/admin/overview/live",
      signal,
      events((data) => {
        const now = performance.now()
        if (lastAt > 0) seen.gaps.push(now - lastAt)
        lastAt = now
        const newestAt = sights.answered[placedIn(JSON.parse(data) as Told)]
        seen.behind.push(newestAt === undefined ? 0 : now - newestAt)
      })
    )
  }
  const searching = async (offset: number) => {
    const all = Object.entries(sights.filters)
    for (let index = offset; !signal.aborted; index++) {
      const [name, filter] = all[index % all.length] ?? ["nothing", {}]
      const query = parametersOf(filter)
      await ask(name, `/admin/orders?${query}`)
      if (index % countsEvery === 0) await ask(`count: ${name}`, `/admin/orders/count?${query}`)
      await sleep(thinkMillis)
    }
  }
  const watching = async () => {
    while (!signal.aborted) {
      const number = sights.newest()
      const left = AbortSignal.any([signal, AbortSignal.timeout(2000)])
      await ask("one order", `/admin/orders/${number}`)
      const told = events(() => {
        seen.changes.count += 1
      })
      await browser.follow(`/admin/orders/${number}/live`, left, told).catch((error) => left.aborted || fault(error))
    }
  }
  const exporting = () =>
    browser.follow("/admin/orders.csv", signal, (text) => {
      seen.exported.bytes += text.length
    })
  const some = (count: number, act: (index: number) => Promise<void>) =>
    Array.from({ length: count }, (_, index) => act(index).catch(fault))
  const stride = Math.floor(Object.keys(sights.filters).length / searchers)
  await Promise.all([
    ...some(overviews, watchOverview),
    ...some(searchers, (index) => searching(index * stride)),
    ...some(watchers, watching),
    ...some(1, exporting)
  ])
  return seen
}
