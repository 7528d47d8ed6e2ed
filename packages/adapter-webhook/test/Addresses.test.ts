import { describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { assert } from "vitest"
import { Addresses } from "../src/index.ts"
import * as Target from "../src/Target.ts"

const refused = [
  "0.0.0.0",
  "0.1.2.3",
  "10.0.0.1",
  "10.255.255.255",
  "100.64.0.1",
  "100.127.255.255",
  "127.0.0.1",
  "127.254.254.254",
  "169.254.0.1",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.1",
  "192.0.2.1",
  "192.88.99.1",
  "192.168.0.1",
  "198.18.0.1",
  "198.19.255.255",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "::ffff:10.0.0.1",
  "::ffff:169.254.169.254",
  "64:ff9b::7f00:1",
  "64:ff9b::a9fe:a9fe",
  "64:ff9b:1::1",
  "100::1",
  "2001:db8::1",
  "2002:7f00:1::1",
  "2002:a9fe:a9fe::1",
  "3fff::1",
  "5f00::1",
  "fc00::1",
  "fd00:ec2::254",
  "fe80::1",
  "febf::1",
  "ff02::1"
]

const allowed = [
  "1.1.1.1",
  "8.8.8.8",
  "9.255.255.255",
  "11.0.0.1",
  "100.63.255.255",
  "100.128.0.1",
  "126.255.255.255",
  "128.0.0.1",
  "169.253.255.255",
  "169.255.0.1",
  "172.15.255.255",
  "172.32.0.1",
  "192.0.1.1",
  "192.167.255.255",
  "192.169.0.1",
  "198.17.255.255",
  "198.20.0.1",
  "223.255.255.255",
  "2606:4700:4700::1111",
  "2001:4860:4860::8888",
  "::ffff:8.8.8.8"
]

const answering =
  (...addresses: ReadonlyArray<string>): Addresses.Resolve =>
  (_hostname, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))
    )

const lookup = (resolve: Addresses.Resolve, all: boolean) =>
  Effect.async<unknown, string | undefined>((resume) =>
    Addresses.lookup(Addresses.isPublic, resolve)("hooks.example.com", { all }, (error, found) =>
      resume(error === null ? Effect.succeed(found) : Effect.fail(error.code))
    )
  )

describe("Addresses", () => {
  it.each(refused)("refuses %s", (address) => {
    assert.isFalse(Addresses.isPublic(address))
  })

  it.each(allowed)("lets %s through", (address) => {
    assert.isTrue(Addresses.isPublic(address))
  })

  it("refuses what is no address", () => {
    for (const text of ["", "hooks.example.com", "1.2.3.4.5"]) assert.isFalse(Addresses.isPublic(text), text)
  })

  it.effect("hands out the public ones of a name's addresses alone", () =>
    Effect.gen(function* () {
      const mixed = answering("127.0.0.1", "1.1.1.1", "::ffff:10.0.0.1", "2606:4700:4700::1111")
      assert.deepStrictEqual(yield* lookup(mixed, true), [
        { address: "1.1.1.1", family: 4 },
        { address: "2606:4700:4700::1111", family: 6 }
      ])
      assert.strictEqual(yield* lookup(mixed, false), "1.1.1.1")
    })
  )

  it.effect("refuses a name whose addresses are all private", () =>
    Effect.gen(function* () {
      const private_ = answering("192.168.1.1", "fd00:ec2::254")
      assert.strictEqual(yield* Effect.flip(lookup(private_, true)), Addresses.refusedCode)
    })
  )

  it("asks for a name once at a time, however many calls want it, and anew after each answer", () => {
    const asked: Array<string> = []
    const answers: Array<() => void> = []
    const slow: Addresses.Resolve = (hostname, options, callback) => {
      asked.push(hostname)
      answers.push(() => answering("1.1.1.1")(hostname, options, callback))
    }
    const shared = Addresses.lookup(Addresses.isPublic, slow)
    let found = 0
    const ask = (hostname: string) => shared(hostname, {}, (_, address) => (found += Number(address === "1.1.1.1")))
    for (let calls = 0; calls < 8; calls++) ask("dark.example.com")
    ask("other.example.com")
    assert.deepStrictEqual(asked, ["dark.example.com", "other.example.com"])
    for (const answer of answers.splice(0)) answer()
    assert.strictEqual(found, 9)
    ask("dark.example.com")
    assert.strictEqual(asked.length, 3)
  })

  it.effect("passes a resolver's error on", () =>
    Effect.gen(function* () {
      const failing: Addresses.Resolve = (_hostname, _options, callback) =>
        callback(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), [])
      assert.strictEqual(yield* Effect.flip(lookup(failing, false)), "ENOTFOUND")
    })
  )
})

describe("Target", () => {
  const strict = { allowHttp: false, allowPrivate: false, allowAnyPort: false }
  const fault = (url: string, rules: Target.Rules = strict) => Either.getOrNull(Either.flip(Target.parse(url, rules)))

  it("takes a public https URL as the parser reads it", () => {
    assert.deepStrictEqual(Either.getOrNull(Target.parse("https://Hooks.Example.com:8443/a/../x?y=1", strict)), {
      origin: "https://hooks.example.com:8443",
      path: "/x?y=1"
    })
  })

  it.each([
    "http://hooks.example.com/x",
    "ftp://hooks.example.com/",
    "https://user:pw@hooks.example.com/x",
    "https://@hooks.example.com/x",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:25/",
    "https://hooks.example.com:80/",
    "https://hooks.example.com:3306/",
    "https://hooks.example.com:65535/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://①②⑦.0.0.1/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://2852039166/",
    "https://169.254.43518/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[2002:a9fe:a9fe::]/",
    "https://100.100.100.200/",
    "https://[::ffff:7f00:1]/",
    "https://[::1]/",
    "https://[fe80::1%25eth0]/",
    "https://localhost/",
    "https://localhost./",
    "https://hooks.example.com./",
    "https://shop.localhost/",
    "https://intranet/",
    "https://hooks.example.com#@127.0.0.1/",
    "https://hooks.example.com\\@127.0.0.1/",
    "https://hooks.exa\nmple.com/",
    " https://hooks.example.com/",
    "/hooks",
    "",
    `https://hooks.example.com/${"x".repeat(2048)}`
  ])("refuses %j", (url) => {
    assert.isString(fault(url))
  })

  it("takes 443, said or not, and 8443; other ports where it is told to", () => {
    for (const port of ["", ":443", ":8443"]) assert.isNull(fault(`https://hooks.example.com${port}/`), port)
    assert.isNull(fault("https://hooks.example.com:3306/", { ...strict, allowAnyPort: true }))
  })

  it("takes http and private hosts where it is told to, but never a user in the URL", () => {
    const lax = { allowHttp: true, allowPrivate: true, allowAnyPort: true }
    assert.isNull(fault("http://127.0.0.1:4020/webhooks", lax))
    assert.isNull(fault("http://localhost:4020/webhooks", lax))
    assert.isString(fault("http://user@127.0.0.1:4020/webhooks", lax))
    assert.isNull(fault("https://10.0.0.7/webhooks", { ...lax, allowHttp: false }))
    assert.isString(fault("http://10.0.0.7/webhooks", { ...lax, allowHttp: false }))
  })
})
