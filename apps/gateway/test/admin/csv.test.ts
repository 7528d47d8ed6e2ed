import { createServer, request, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { Effect, Exit, Fiber, Stream } from "effect"
import { afterEach, describe, expect, it, vi } from "vitest"
import * as Csv from "../../src/admin/Csv.ts"

let server: Server | null = null
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

let mayGoOn = true
afterEach(() => {
  mayGoOn = true
})

const piece = "x".repeat(65_536)

/** A server that sends a file without end, and a client that reads what it wants of it. */
const sending = async (text: (made: () => void) => Stream.Stream<string, Error>) => {
  let made = 0
  let fiber: Fiber.RuntimeFiber<void, Error> | null = null
  const up = createServer((_, response) => {
    fiber = Effect.runFork(
      Csv.send(
        response,
        "file.csv",
        text(() => void made++),
        Effect.sync(() => mayGoOn)
      )
    )
    response.once("close", () => {
      if (fiber !== null && !response.writableEnded) Effect.runFork(Fiber.interruptFork(fiber))
    })
  })
  server = up
  await new Promise<void>((done) => up.listen(0, "127.0.0.1", done))
  const { port } = up.address() as AddressInfo
  const asking = request({ port, host: "127.0.0.1", agent: false })
  const answer = await new Promise<import("node:http").IncomingMessage>((done, fail) => {
    asking.on("response", done).on("error", fail).end()
  })
  return { made: () => made, answer, asking, ended: () => (fiber === null ? null : fiber.unsafePoll()) }
}

const endless = (made: () => void) =>
  Stream.repeatEffect(
    Effect.sync(() => {
      made()
      return piece
    })
  )

describe("a file that is made as it is sent", () => {
  it("waits for a client that does not read, and goes on when it does", async () => {
    const { made, answer, asking } = await sending(endless)
    answer.pause()
    let before = -1
    await vi.waitFor(
      () => {
        const now = made()
        const isStill = now === before
        before = now
        expect(isStill).toBe(true)
      },
      { interval: 100, timeout: 5000 }
    )
    expect(before).toBeLessThan(1000)
    answer.resume()
    await vi.waitFor(() => expect(made()).toBeGreaterThan(before + 100), { timeout: 5000 })
    asking.destroy()
  })

  it("lets others have their turn between its pieces, however fast it is read", async () => {
    let [turns, made, most] = [0, 0, 0]
    let before = 0
    let going = true
    const looking = (): void => {
      turns += 1
      if (going) setImmediate(looking)
    }
    setImmediate(looking)
    const { answer } = await sending(() =>
      Stream.range(1, 300).pipe(
        Stream.rechunk(1),
        Stream.map(() => {
          made = turns === before ? made + 1 : 0
          most = Math.max(most, made)
          before = turns
          return "a,b\r\n"
        })
      )
    )
    answer.resume()
    await vi.waitFor(() => expect(answer.complete).toBe(true), { timeout: 10_000 })
    going = false
    expect(most).toBeLessThan(10)
  })

  it("is cut off once it may not go on, as when its reader has signed out", async () => {
    const { answer, ended } = await sending(endless)
    answer.on("error", () => undefined)
    answer.resume()
    await new Promise((done) => setTimeout(done, 100))
    expect(ended()).toBeNull()
    mayGoOn = false
    await vi.waitFor(() => expect(ended()).not.toBeNull(), { timeout: 20_000 })
    expect(answer.complete).toBe(false)
  })

  it("is made no further when the client has left", async () => {
    const { answer, asking, ended } = await sending(endless)
    answer.on("error", () => undefined)
    asking.destroy()
    await vi.waitFor(() => expect(ended()).not.toBeNull())
  })

  it("is cut off where it cannot be finished, so that a part is not taken for the whole", async () => {
    const { answer, ended } = await sending(() => Stream.concat(Stream.make(piece), Stream.fail(new Error("away"))))
    let fault: Error | null = null
    answer.on("error", (error) => {
      fault = error
    })
    answer.resume()
    await vi.waitFor(() => expect(fault).not.toBeNull())
    expect(answer.complete).toBe(false)
    await vi.waitFor(() => expect(Exit.isFailure(ended() ?? Exit.void)).toBe(true))
  })
})
