import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"
import { type Answer, ask } from "../proxied/calls.ts"

/** A call that passed, and how it was answered. */
export interface Passed {
  readonly method: string
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly answer: Answer
}

const hopByHop = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "host"])

const kept = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (hopByHop.has(name) ? [] : [[name, String(value)] as const]))
  )

/** A place that calls pass on their way to `target`: it sees them, can lose an answer, and can answer by an earlier one. */
export const open = async (target: () => string) => {
  const passed: Array<Passed> = []
  let [lost, passing] = [0, 0]
  let onIdle: Array<() => void> = []
  let standIn: { readonly isMeant: (method: string, target: string) => boolean; readonly answer: Answer } | undefined
  const server = createServer((request, response) => {
    passing += 1
    response.once("close", () => {
      passing -= 1
      if (passing > 0) return
      for (const told of onIdle) told()
      onIdle = []
    })
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", async () => {
      const { method = "", url = "", headers } = request
      const body = Buffer.concat(chunks)
      const isStoodIn = standIn?.isMeant(method, url) === true
      const answer = isStoodIn
        ? standIn?.answer
        : await ask(target(), method, url, {
            headers: { ...kept(headers), host: new URL(target()).host },
            ...(body.length > 0 || method !== "GET" ? { body } : {})
          }).catch(() => undefined)
      if (answer === undefined) return response.destroy()
      passed.push({ method, target: url, headers, body, answer })
      if (lost > 0) {
        lost -= 1
        return response.destroy()
      }
      response.writeHead(answer.status, kept(answer.headers as IncomingHttpHeaders)).end(answer.body)
    })
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    /** No call that came before is on its way any more. */
    idle: (): Promise<void> => (passing === 0 ? Promise.resolve() : new Promise((told) => onIdle.push(told))),
    /** The next `count` answers get lost, after the call was done. */
    lose: (count: number): void => {
      lost = count
    },
    /** From now on calls that are meant are answered so; without an answer they pass again. */
    answerBy: (isMeant: (method: string, target: string) => boolean, answer: Answer | undefined): void => {
      standIn = answer === undefined ? undefined : { isMeant, answer }
    },
    close: (): void => {
      server.close()
      server.closeAllConnections()
    }
  }
}

export type Relay = Awaited<ReturnType<typeof open>>
