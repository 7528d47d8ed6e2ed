import { randomInt } from "node:crypto"
import { createServer } from "node:net"

const picked = new Set<number>()

/** A port of 127.0.0.1 that nobody listens at, below those that systems pick, so that none of them gives it to others meanwhile. */
export const pick = (): Promise<number> =>
  new Promise((done, fail) => {
    const port = randomInt(20_000, 32_000)
    if (picked.has(port)) return done(pick())
    picked.add(port)
    const server = createServer()
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? done(pick()) : fail(error)))
    server.listen(port, "127.0.0.1", () => server.close(() => done(port)))
  })
