import { readFileSync } from "node:fs"
import type { Client } from "../../src/faults/Client.ts"
import type { Running } from "../../src/faults/Processes.ts"

const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

/** Waits until it is so, at most this long; answers how long it took. What is `seen` instead is said where it never is so. */
export const untilSo = async (
  what: string,
  limitMillis: number,
  isSo: () => Promise<boolean> | boolean,
  seen: () => Promise<string> | string = () => ""
): Promise<number> => {
  const begin = Date.now()
  while (!(await isSo())) {
    if (Date.now() - begin > limitMillis)
      throw new Error(`After ${limitMillis} ms still not: ${what}.\n${await seen()}`.trimEnd())
    await sleep(50)
  }
  return Date.now() - begin
}

/** Whether a process stands still, by SIGSTOP. */
export const isStopped = (running: Running): boolean => /\) T /.test(readFileSync(`/proc/${running.pid}/stat`, "utf8"))

/** Whether a gateway says that it can take orders. */
export const isReady = async (client: Client): Promise<boolean> =>
  client.call("GET", "/readyz", "shop").then(
    ({ status }) => status === 200,
    () => false
  )

/** How many failures of the database of a kind the gateway has counted, as an operator sees it. */
export const counted = async (client: Client, kind: string): Promise<number> => {
  const text = await (await client.call("GET", "/metrics", "shop")).text()
  return Number(new RegExp(`^payment_proxy_database_failures_total{kind="${kind}"} (\\d+)$`, "m").exec(text)?.[1])
}
