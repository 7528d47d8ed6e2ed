import type { ServerResponse } from "node:http"
import type { Socket } from "node:net"

/**
 * Does `go` when a request's turn has come: Node hands over all that stand in one packet at once. A second one waits until the
 * answer to the first is written (RFC 9112 §9.3.2), and behind an answer that ends the connection nothing is done (§9.6).
 */
export const wait = (socket: Socket, response: ServerResponse, go: () => void): void => {
  const goes = (): void => {
    if (socket.writable) go()
  }
  // A response has the socket to itself while it is written.
  if (response.socket === null) response.once("socket", goes)
  else goes()
}
