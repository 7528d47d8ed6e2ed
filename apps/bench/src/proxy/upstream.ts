// What stands behind every proxy of the bench `proxy`: takes bodies of 1 KB, answers 1 KB, at as little cost as Node can;
// and, at an address of its own, takes and gives bodies of any length, each byte looked at.
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { Readable } from "node:stream"
import * as Wire from "../load/Wire.ts"
import { answerBody, bodyBytes } from "./Call.ts"
import * as Stripes from "./Stripes.ts"

const head = (status: string, length: number): string =>
  `HTTP/1.1 ${status}\r\nDate: ${new Date().toUTCString()}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`

let answer = Buffer.alloc(0)
const renew = (): void => {
  answer = Buffer.from(head("200 OK", answerBody.length) + answerBody)
}
renew()
setInterval(renew, 1000).unref()

/** Answers each whole call; one of another length than was agreed ends the connection. */
const serve = (socket: Socket): void => {
  let bytes: Buffer = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on("error", () => socket.destroy())
  socket.on("data", (chunk) => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
    const asked = Wire.whole(bytes)
    if (asked === undefined) return
    if (asked.end - asked.body !== bodyBytes) return socket.end(head("400 Bad Request", 0))
    bytes = bytes.subarray(asked.end)
    socket.write(answer)
  })
}

/** `GET /<bytes>` gives so many; any other call is told how many it brought, or that one of them is wrong. */
const serveLarge = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (request.method === "GET") {
    const length = Number(request.url?.slice(1))
    response.writeHead(200, { "content-length": length })
    Readable.from(Stripes.all(length)).pipe(response)
    return
  }
  const received = await Stripes.count(request)
  response.end(JSON.stringify({ received }))
}

const listen = (server: Server): Promise<string> =>
  new Promise((done) =>
    server.listen(0, "127.0.0.1", () => done(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  )

const url = await listen(createServer(serve))
const largeUrl = await listen(
  createHttpServer({ requestTimeout: 0 }, (request, response) => {
    serveLarge(request, response).catch(() => response.destroy())
  })
)
console.log(JSON.stringify({ ready: true, url, largeUrl }))
