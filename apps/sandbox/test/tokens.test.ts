import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { Tokens } from "../src/Tokens.ts"
import { open } from "./world.ts"

const begin = Date.parse("2026-01-01T00:00:00Z")
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: begin })
})
afterEach(() => {
  vi.useRealTimers()
})
const passes = (millis: number) => vi.setSystemTime(begin + millis)

/** Tokens that are good until `end`, and the tokens that were looked up. */
const tokensUntil = (end: number | undefined) => {
  const asked: Array<string> = []
  const tokens = new Tokens(async (token) => {
    asked.push(token)
    return end
  })
  return { tokens, asked }
}

describe("tokens", () => {
  it("that are good are looked up every five seconds at most", async () => {
    const { tokens, asked } = tokensUntil(begin + 60_000)
    for (const millis of [0, 1, 4999]) {
      passes(millis)
      expect(await tokens.accepts("good")).toBe(true)
    }
    expect(asked.length).toBe(1)
    passes(5000)
    expect(await tokens.accepts("good")).toBe(true)
    expect(asked.length).toBe(2)
  })

  it("that are not good are looked up each time", async () => {
    const { tokens, asked } = tokensUntil(undefined)
    expect([await tokens.accepts("bad"), await tokens.accepts("bad")]).toEqual([false, false])
    expect(asked.length).toBe(2)
  })

  it("that were remembered end when they end", async () => {
    const { tokens } = tokensUntil(begin + 2000)
    expect(await tokens.accepts("short")).toBe(true)
    passes(1999)
    expect(await tokens.accepts("short")).toBe(true)
    passes(2000)
    expect(await tokens.accepts("short")).toBe(false)
  })

  it("that are forgotten are looked up at once, also where a look-up was under way", async () => {
    const { tokens, asked } = tokensUntil(begin + 60_000)
    await tokens.accepts("good")
    tokens.forget("good")
    const underWay = tokens.accepts("good")
    tokens.forget("good")
    await underWay
    await tokens.accepts("good")
    expect(asked.length).toBe(3)
  })

  it("beyond the thousandth make the oldest be looked up again", async () => {
    const { tokens, asked } = tokensUntil(begin + 60_000)
    for (let count = 0; count <= 1000; count++) await tokens.accepts(`token-${count}`)
    await tokens.accepts("token-1000")
    await tokens.accepts("token-0")
    expect(asked.length).toBe(1002)
  })

  it("of the sandbox open its API until they end, and not after", async () => {
    const sandbox = await open({ tokenSeconds: 3 })
    const statusAfter = async (millis: number) => {
      passes(millis)
      return (await sandbox.create()).status
    }
    expect([await statusAfter(0), await statusAfter(2999), await statusAfter(3000)]).toEqual([201, 201, 401])
    await sandbox.close()
    sandbox.sweep()
  })
})
