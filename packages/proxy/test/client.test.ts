import type { IncomingMessage } from "node:http"
import { expect, it } from "vitest"
import * as Forwarded from "../src/Forwarded.ts"

const from = (remoteAddress: string, said?: string) =>
  ({ socket: { remoteAddress }, headers: said === undefined ? {} : { "x-forwarded-for": said } }) as IncomingMessage

it.each([
  ["nobody is trusted: what is said is not looked at", [], "10.0.0.1", "203.0.113.9", "10.0.0.1"],
  ["a stranger says it", ["10.0.0.0/8"], "203.0.113.7", "198.51.100.1", "203.0.113.7"],
  ["our proxy says it", ["10.0.0.0/8"], "10.0.0.1", "203.0.113.9", "203.0.113.9"],
  [
    "our proxies say it after what the client made up",
    ["10.0.0.0/8"],
    "::ffff:10.0.0.1",
    "1.1.1.1, 203.0.113.9, 10.0.0.2",
    "203.0.113.9"
  ],
  ["our proxy says nothing", ["10.0.0.0/8"], "10.0.0.1", undefined, "10.0.0.1"],
  ["our proxy says what is no address", ["10.0.0.0/8"], "10.0.0.1", "203.0.113.9, unknown", "10.0.0.1"],
  ["all are ours", ["10.0.0.0/8"], "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"]
])("the address of a client where %s", (_, trusted, peer, said, expected) => {
  expect(Forwarded.client(trusted)(from(peer, said))).toBe(expected)
})
