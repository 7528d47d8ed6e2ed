import { expect, it } from "vitest"
import * as Failures from "../src/Failures.ts"

it.each([
  [1213, "deadlock"],
  [1205, "lock_wait"],
  [1020, "snapshot"],
  [1040, "too_many_connections"],
  [1203, "too_many_connections"],
  [1053, "shutting_down"],
  [1021, "full"],
  [1114, "full"],
  [1290, "read_only"],
  [1045, "denied"],
  ["ETIMEDOUT", "silent"],
  ["PROTOCOL_SEQUENCE_TIMEOUT", "silent"],
  ["ACQUIRE_TIMEOUT", "acquire_timeout"],
  ["ECONNREFUSED", "unreachable"],
  ["ECONNRESET", "lost"],
  [undefined, "lost"],
  [1406, "refused"]
] as const)("%s is a failure of kind %s", (code, kind) => {
  expect(Failures.kindOf(code)).toBe(kind)
  expect(Failures.kinds).toContain(kind)
})

it("a key that is taken is no failure", () => {
  expect(Failures.kindOf(1062)).toBeUndefined()
})

it("the codes of kinds are theirs alone", () => {
  expect([...Failures.codesOf("deadlock", "lock_wait", "snapshot")]).toEqual([1213, 1205, 1020])
})
