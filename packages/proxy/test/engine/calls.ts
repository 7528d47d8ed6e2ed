import { once } from "node:events"
import type { ServerResponse } from "node:http"
import { createServer } from "node:net"
import { Effect } from "effect"
import { expect } from "vitest"
import type { Filter } from "../../src/Filter.ts"
import { isProblem } from "../conformance/cases.ts"
import type { Client } from "../conformance/sockets.ts"
import * as Wire from "../conformance/wire.ts"
import type { World } from "../conformance/world.ts"

export const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`

/** The response to the next request that the proxy takes. */
export const taken = async ({ server }: World): Promise<ServerResponse> => {
  const [, response] = await once(server, "request")
  return response
}

/** Leaves, and is done when the proxy has heard of it. */
export const left = async (client: Client, response: ServerResponse): Promise<void> => {
  const heard = response.closed ? Promise.resolve() : once(response, "close")
  client.leave()
  await heard
}

/** Something that is waited for, and the moment at which it comes. */
export interface Moment {
  readonly comes: () => void
  readonly wait: Promise<void>
}
export const moment = (): Moment => {
  let comes = (): void => undefined
  const wait = new Promise<void>((done) => {
    comes = done
  })
  return { comes: () => comes(), wait }
}

/** A filter that does nothing but need a fiber. */
export const through: Filter = { around: (next) => (request) => Effect.suspend(() => next(request)) }

/** A filter in which a call is until `goes`; `came` says that it is there. */
export const holding = (came: Moment, goes: Moment): Filter => ({
  around: (next) => (request) =>
    Effect.promise(() => {
      came.comes()
      return goes.wait
    }).pipe(Effect.zipRight(next(request)))
})

/** That all that a client got is a problem of ours. */
export const isRefused = (client: Client, status: number, code: Parameters<typeof isProblem>[1]): Wire.Message => {
  const { messages } = client.reading()
  expect(messages.map(Wire.statusOf), client.received().toString("latin1")).toEqual([status])
  const [message] = messages
  if (message === undefined) throw new Error("no answer")
  isProblem(message, code)
  return message
}

/** What a client got, of one call each. */
export const bodiesOf = (...clients: ReadonlyArray<Client>): ReadonlyArray<string> =>
  clients.map((client) =>
    client
      .reading()
      .messages.map(({ body }) => body.toString())
      .join()
  )

/** A port where nobody listens. */
export const unused = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => done(typeof address === "object" && address !== null ? address.port : 0))
    })
  })
