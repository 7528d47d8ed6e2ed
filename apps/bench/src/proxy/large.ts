import { readFileSync } from "node:fs"
import { Agent, type IncomingMessage, request } from "node:http"
import { pipeline, Readable } from "node:stream"
import * as Stripes from "./Stripes.ts"

/** What a body of this length did to the process that it went through. */
export interface Passed {
  readonly seconds: number
  /** The most memory that the process had meanwhile, less what it had before, in MiB. */
  readonly grownMib: number
}

const pageMib = 4096 / 2 ** 20
const lookEveryMillis = 50

/** The memory that a process has now, in MiB. */
const rssMib = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1] ?? Number.NaN) * pageMib

const watched = async (pid: number, work: () => Promise<void>): Promise<Passed> => {
  const before = rssMib(pid)
  let most = before
  const looking = setInterval(() => {
    most = Math.max(most, rssMib(pid))
  }, lookEveryMillis)
  const begin = performance.now()
  try {
    await work()
    return { seconds: (performance.now() - begin) / 1000, grownMib: Math.max(most, rssMib(pid)) - before }
  } finally {
    clearInterval(looking)
  }
}

/** A call's answer, once its head is there. */
const call = (method: string, url: string, key: string | undefined, body?: { readonly length: number }) =>
  new Promise<IncomingMessage>((done, fail) => {
    const agent = new Agent({ maxSockets: 1 })
    const headers = {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined
        ? {}
        : { "content-length": String(body.length), "content-type": "application/octet-stream" })
    }
    const asking = request(url, { method, agent, headers }, done)
    asking.once("error", fail)
    if (body === undefined) asking.end()
    else pipeline(Readable.from(Stripes.all(body.length)), asking, (error) => error && fail(error))
  })

const textOf = async (answer: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const chunk of answer) text += chunk
  return text
}

const expect = (received: number, length: number): void => {
  if (received !== length) throw new Error(`${received} bytes came of ${length}.`)
}

/** Sends a body of `length` bytes up through the process, to `<url>/up`. */
export const up = (pid: number, url: string, length: number, key?: string): Promise<Passed> =>
  watched(pid, async () => {
    const text = await textOf(await call("POST", `${url}/up`, key, { length }))
    expect(Number((JSON.parse(text) as { readonly received: number }).received), length)
  })

/** Brings a body of `length` bytes down through the process, from `<url>/<length>`. */
export const down = (pid: number, url: string, length: number, key?: string): Promise<Passed> =>
  watched(pid, async () => expect(await Stripes.count(await call("GET", `${url}/${length}`, key)), length))
