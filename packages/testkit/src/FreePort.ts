import { randomInt } from "node:crypto"
import { mkdirSync, writeFile } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

const maxMarked = 50

/** Marks a port for all processes with this folder for temporary files; answers whether nobody had. */
const isMarked = (port: number): Promise<boolean> => {
  const folder = join(tmpdir(), "payment-proxy-ports")
  mkdirSync(folder, { recursive: true })
  return new Promise((done) => writeFile(join(folder, `${port}`), "", { flag: "wx" }, (error) => done(error === null)))
}

/** Whether somebody could listen there now. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer()
    server.once("error", () => done(false))
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)))
  })

/**
 * A port of 127.0.0.1 that nobody listens at, below those that systems give away by themselves, and that no other picks meanwhile;
 * where marks of old are everywhere, they are passed over.
 */
export const pick = (tries = 0): Promise<number> => {
  const port = randomInt(20_000, 32_000)
  return isMarked(port)
    .then((isOurs) => (isOurs || tries > maxMarked ? isFree(port) : false))
    .then((isFound) => (isFound ? port : pick(tries + 1)))
}
