import { performance } from "node:perf_hooks"
import { Effect } from "effect"
import type { Family, Series } from "./Prometheus.ts"

const family = (name: string, type: "counter" | "gauge", help: string, ...series: ReadonlyArray<Series>): Family => ({
  name,
  type,
  help,
  series
})

const value = (of: number, labels: Series["labels"] = []): Series => ({ labels, lines: [["", [], of]] })

/** How late a callback comes that is due at once, in seconds. */
const lagSeconds = Effect.async<number>((resume) => {
  const begin = performance.now()
  setImmediate(() => resume(Effect.succeed((performance.now() - begin) / 1000)))
})

/** What the process knows of itself without measuring all the time, under the names that others use for it. */
export const families: Effect.Effect<ReadonlyArray<Family>> = Effect.map(lagSeconds, (lag) => {
  const { user, system } = process.cpuUsage()
  const { active, idle } = performance.eventLoopUtilization()
  return [
    family("process_cpu_seconds_total", "counter", "CPU time of the process", value((user + system) / 1e6)),
    family("process_resident_memory_bytes", "gauge", "Resident memory", value(process.memoryUsage.rss())),
    family("process_start_time_seconds", "gauge", "Start, since the epoch", value(performance.timeOrigin / 1000)),
    family("nodejs_eventloop_lag_seconds", "gauge", "How late the event loop was at this scrape", value(lag)),
    family(
      "nodejs_eventloop_time_seconds_total",
      "counter",
      "Time of the event loop by state: its rate of active is how busy the process is",
      value(active / 1000, [["state", "active"]]),
      value(idle / 1000, [["state", "idle"]])
    )
  ]
})
