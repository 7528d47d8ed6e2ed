import { describe, expect, it } from "vitest"
import { start, until } from "../src/Demonstration.ts"

/** Each way in which `npm start` can be stopped: what is done to the process that a person started. */
const ways = ["SIGINT", "SIGTERM", "SIGKILL"] as const

describe("npm start", () => {
  for (const signal of ways)
    it(`leaves no process behind after ${signal}`, async () => {
      const running = await start()
      try {
        expect(running.alive().length).toBeGreaterThan(3)
        running.npm.kill(signal)
        await until("every process is gone", 15_000, () => (running.alive().length === 0 ? true : undefined))
      } finally {
        await running.end()
      }
    }, 150_000)
})
