import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { Filters } from "../../src/index.ts"
import type { Request } from "../../src/Message.ts"
import { answer, call, faultsOf, made } from "./calls.ts"

const through = (options: unknown, request: Request, response = answer()) =>
  Effect.gen(function* () {
    const filter = yield* made(Filters.headers, options)
    let seen: Request | undefined
    const answered = yield* filter.around((passed) => {
      seen = passed
      return Effect.succeed(response)
    })(request)
    return { asked: seen?.headers, answered: answered.headers }
  })

describe("headers", () => {
  it.effect("a request's header that is set replaces all of its name, in any case", () =>
    Effect.gen(function* () {
      const headers = ["X-Key", "theirs", "accept", "*/*", "x-key", "again"]
      const { asked } = yield* through({ request: { set: { "X-KEY": "ours" } } }, call({ headers }))
      expect(asked).toEqual(["accept", "*/*", "x-key", "ours"])
    })
  )

  it.effect("headers of a request and of an answer are removed, the others stay as they came", () =>
    Effect.gen(function* () {
      const options = { request: { remove: ["X-Debug"] }, response: { remove: ["server"], set: { "x-by": "us" } } }
      const { asked, answered } = yield* through(
        options,
        call({ headers: ["x-debug", "1", "Accept", "a", "Accept", "b"] }),
        answer({ headers: ["Server", "old", "Set-Cookie", "a=1", "Set-Cookie", "b=2"] })
      )
      expect(asked).toEqual(["Accept", "a", "Accept", "b"])
      expect(answered).toEqual(["Set-Cookie", "a=1", "Set-Cookie", "b=2", "x-by", "us"])
    })
  )

  it.effect("a vendor's key that never changes may stand in authorization", () =>
    Effect.gen(function* () {
      const { asked } = yield* through(
        { request: { set: { authorization: "Bearer fixed" } } },
        call({ headers: ["Authorization", "Basic theirs"] })
      )
      expect(asked).toEqual(["authorization", "Bearer fixed"])
    })
  )

  it("names that frame a message or are the proxy's own are refused, each by place", () => {
    const names = [
      "Host",
      "content-length",
      "Transfer-Encoding",
      "connection",
      "te",
      "trailer",
      "upgrade",
      "keep-alive"
    ]
    const owned = ["proxy-authorization", "Forwarded", "x-forwarded-for", "via", "payment-proxy-order"]
    for (const name of [...names, ...owned]) {
      expect(faultsOf(Filters.headers, { request: { set: { [name]: "x" } } }), name).toContain(`["${name}"]`)
      expect(faultsOf(Filters.headers, { response: { remove: ["x-a", name] } }), name).toContain('["remove"][1]')
    }
  })

  it("a name that is none, a value with a line's end and a name set twice are refused", () => {
    const faults = faultsOf(Filters.headers, {
      request: { set: { "x y": "1", "x-cut": "a\r\nx-evil: 1", "x-nul": "a\0", "x-a": "1", "X-A": "2", "x-empty": "" } }
    })
    for (const name of ["x y", "x-cut", "x-nul", "X-A", "x-empty"]) expect(faults).toContain(`["${name}"]`)
    expect(faults).not.toContain('["x-a"]')
  })
})
