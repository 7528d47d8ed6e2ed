import type { IncomingHttpHeaders } from "node:http"
import { createServer } from "node:http"
import { Effect } from "effect"
import { serving } from "./tokenServer.ts"

/** An answer of a token server. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: object | string
}

/** A request as it came. */
export interface Asked {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A token that is good for an hour. */
export const good = { access_token: "token-of-a-test", token_type: "Bearer", expires_in: 3600 }

/** A token server that answers with `next`, whatever it is asked, and keeps what it was asked. */
export const answering = (next: (count: number) => Answer) =>
  Effect.gen(function* () {
    const served = yield* serving(() => createServer())
    const asked: Array<Asked> = []
    served.answer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        asked.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") })
        const { status, headers = { "content-type": "application/json" }, body } = next(asked.length)
        response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body))
      })
    })
    return { tokenEndpoint: `http://127.0.0.1:${served.port}/token`, asked }
  })
