import { expect, it } from "@effect/vitest"
import { Route } from "@payment-proxy/proxy"
import { Effect, Redacted, TestClock } from "effect"
import { OperatorsEntry, Tls, VendorEntry } from "../src/index.ts"
import { certificate, key, otherKey } from "./certificates.ts"
import { decoded, faultsOf, memory, told, withMore } from "./files.ts"

it("a route takes its vendor's address and the usual limits unless it says otherwise", () => {
  const { routes, trustedProxies } = decoded(`
routes:
  platform: { vendor: platform, allow: ["ANY /**"] }
  narrow:
    vendor: platform
    target: https://api.platform.example:8443/v2/
    callers: anyone
    allow: ["GET /v1/statements/**", "POST /v1/*"]
    limits: { headMillis: 2000 }
    maxBodyBytes: 65536
    maxConnections: 4
    maxInFlight: 8
trustedProxies: ["10.0.0.0/8", "::1"]
`)
  expect(trustedProxies).toEqual(["10.0.0.0/8", "::1"])
  expect(routes["platform"]).toMatchObject({ callers: "apps", ...Route.defaults, filters: [] })
  expect(routes["narrow"]).toMatchObject({
    target: "https://api.platform.example:8443/v2",
    callers: "anyone",
    allow: [
      { method: "GET", segments: ["v1", "statements", "**"] },
      { method: "POST", segments: ["v1", "*"] }
    ],
    limits: { ...Route.defaults.limits, headMillis: 2000 },
    maxBodyBytes: 65_536,
    maxConnections: 4,
    maxInFlight: 8
  })
})

it("a file without routes trusts nobody and proxies nothing", () => {
  expect(decoded("")).toMatchObject({ routes: {}, trustedProxies: [] })
})

it("a filter is a name, or a name with its options, which are hidden as they may hold secrets", () => {
  const configuration = decoded(`
routes:
  platform:
    vendor: platform
    filters: [oauth, { rate-limit: { perSecond: 5, burst: 10 } }, { headers: { request: { set: { x-key: canary-key } } } }]
`)
  const filters = configuration.routes["platform"]?.filters ?? []
  expect(filters.map(({ name }) => name)).toEqual(["oauth", "rate-limit", "headers"])
  expect(filters.map(({ options }) => Redacted.value(options))).toEqual([
    {},
    { perSecond: 5, burst: 10 },
    { request: { set: { "x-key": "canary-key" } } }
  ])
  expect(JSON.stringify(configuration)).not.toContain("canary-key")
})

it("all faults of the routes are named at once, by place, with the way to mend them", () => {
  const faults = faultsOf(`
trustedProxies: ["10.0.0.0/33", "localhost"]
routes:
  Upper_case: { vendor: platform }
  nobody: { vendor: other, allow: ["ANY /**"] }
  odd:
    vendor: platform
    target: "https://user:word@platform.example/?a=1"
    callers: everyone
    allow: ["GET v1", "FETCH /a", "GET /a/**/b"]
    limits: { connectMillis: 0, totalMillis: 99999999999 }
    maxInFlight: 0
    filters: [3, { a: {}, b: {} }, ""]
    colour: blue
`)
  const places = [
    "/trustedProxies/0: This is neither an IP address nor a range",
    "/trustedProxies/1: This is neither",
    "/routes/Upper_case: A route's name is 1 to 64",
    "/routes/nobody/vendor: This is not a vendor of this file: there are platform.",
    "/routes/odd/target: A target is scheme, host, port and path alone",
    "/routes/odd/callers: Callers are apps",
    '/routes/odd/allow/0: "GET v1" is not of the form',
    '/routes/odd/allow/1: "FETCH /a" is not of the form',
    '/routes/odd/allow/2: In "GET /a/**/b"',
    "/routes/odd/limits/connectMillis: Expected a number between 10 and 60000",
    "/routes/odd/limits/totalMillis",
    "/routes/odd/maxInFlight",
    "/routes/odd/filters/0: A filter is its name",
    "/routes/odd/filters/1: A filter is its name",
    "/routes/odd/filters/2: A filter is its name",
    "/routes/odd/colour: is unexpected"
  ]
  for (const place of places)
    expect(
      faults.some((fault) => fault.startsWith(place)),
      place
    ).toBe(true)
  expect(faults).toHaveLength(places.length)
})

it("payment-order stands once, before an oauth, at the mapped vendor's own address, for apps", () => {
  const faults = faultsOf(`
routes:
  one: { vendor: platform, filters: [oauth, payment-order] }
  two: { vendor: platform, filters: [payment-order, oauth, { payment-order: {} }, oauth] }
  three: { vendor: platform, target: "https://other.example", callers: anyone, filters: [payment-order, oauth] }
  four: { vendor: platform, filters: [payment-order] }
`)
  expect(faults.map((fault) => fault.slice(0, fault.indexOf(":")))).toEqual([
    "/routes/one/filters/1",
    "/routes/two/filters/2",
    "/routes/two/filters/3",
    "/routes/three/target",
    "/routes/three/callers",
    "/routes/four/filters"
  ])
  expect(faults[0]).toContain("payment-order stands before oauth")
})

it("filters that may stand several times may", () => {
  expect(faultsOf("routes: { a: { vendor: platform, filters: [time-limit, headers, time-limit, headers] } }")).toEqual(
    []
  )
})

it("two vendors of one address and merchant are refused: one number would be two orders", () => {
  const twin = withMore("").split("\n  platform:\n")[1] ?? ""
  const text = `  again:\n${twin}`
  expect(faultsOf(text)).toEqual([
    "/vendors/again: platform is the same account at the same address, so that one number would be two orders: make them one vendor."
  ])
  expect(faultsOf(text.replace("{ env: PLATFORM_MERCHANT_ID }", "merchant-2"))).toEqual([])
  expect(faultsOf(text.replace("{ env: PLATFORM_URL }", "https://platform.example/svc"))).toHaveLength(1)
})

const tls = (entries: string) => `    tls:\n${entries}`
const indented = (pem: string) => pem.trim().split("\n").join("\n        ")
const block = (name: string, pem: string) => `      ${name}: |\n        ${indented(pem)}\n`

it("a vendor's certificates and key must be such, and belong together", () => {
  expect(faultsOf(tls(block("cert", certificate) + block("key", key) + block("ca", certificate)))).toEqual([])
  expect(faultsOf(tls(block("cert", certificate) + block("key", otherKey)))).toEqual([
    "/vendors/platform/tls/key: This key does not belong to the (first) certificate in cert."
  ])
  expect(faultsOf(tls(block("cert", certificate)))[0]).toContain(
    "/vendors/platform/tls/cert: A certificate is of no use"
  )
  expect(faultsOf(tls(block("key", key)))[0]).toContain("/vendors/platform/tls/key: A key is of no use")
  const nonsense = faultsOf(tls(`${block("cert", key)}${block("key", certificate)}      ca: none\n`))
  expect(nonsense.map((fault) => fault.slice(0, fault.indexOf(":")))).toEqual([
    "/vendors/platform/tls/ca",
    "/vendors/platform/tls/cert",
    "/vendors/platform/tls/key"
  ])
})

it("a key is hidden, and plain where connections are made", () => {
  const configuration = decoded(tls(block("cert", certificate) + block("key", key)))
  expect(JSON.stringify(configuration)).not.toContain("PRIVATE KEY")
  expect(Tls.plain(configuration.vendors["platform"]?.tls).key?.trim()).toBe(key.trim())
  expect(Tls.plain(undefined)).toEqual({})
})

it.effect("a certificate out of force is a fault by the clock", () =>
  Effect.gen(function* () {
    const at = memory(new Map([["/config/file.yaml", withMore(tls(block("ca", certificate)))]]))
    yield* TestClock.setTime(Date.UTC(2020, 0))
    expect(told(yield* Effect.flip(at.load))[0]).toContain(
      "/vendors/platform/tls/ca: A certificate in it is not valid before"
    )
    yield* TestClock.setTime(Date.UTC(2030, 0))
    yield* at.load
    yield* TestClock.setTime(Date.UTC(2130, 0))
    expect(told(yield* Effect.flip(at.load))[0]).toContain("/vendors/platform/tls/ca: A certificate in it has expired")
  })
)

it.effect("{ file: … } is that file's text without its last line end, found from the configuration's folder", () =>
  Effect.gen(function* () {
    const text = withMore("").replace("{ env: PLATFORM_CLIENT_SECRET }", "{ file: secrets/client }")
    const files = new Map([
      ["/config/file.yaml", text],
      ["/config/secrets/client", "canary of a file\n"]
    ])
    const { vendors } = yield* memory(files).load
    const platform = vendors["platform"]
    const secret = platform && VendorEntry.oauthOf(platform)?.clientSecret
    expect(secret && Redacted.value(secret)).toBe("canary of a file")
    files.set("/config/secrets/client", "\n")
    expect(told(yield* Effect.flip(memory(files).load))).toEqual([
      "/vendors/platform/oauth/clientSecret: The file secrets/client is empty: write the value into it."
    ])
    files.delete("/config/secrets/client")
    expect(told(yield* Effect.flip(memory(files).load))).toEqual([
      "/vendors/platform/oauth/clientSecret: The file secrets/client cannot be read (no such file): put it there."
    ])
  })
)

it("aliases that go round in a circle, and text that is no YAML, are told without showing it", () => {
  expect(faultsOf("round: &a { b: *a }")[0]).toContain("go round in a circle")
  const faults = faultsOf("secret: [canary-of-a-line")
  expect(faults[0]).toContain("line ")
  expect(faults.join()).not.toContain("canary-of-a-line")
})

it("what operators may do alone is configured by currency in major units; without it one person is enough", () => {
  const { operators } = decoded(`
operators:
  secondPerson:
    refundsAbove: { CNY: "1000.00", JPY: "20000" }
    apps: true
`)
  const { refundsAboveMinor, apps } = OperatorsEntry.rule(operators)
  expect([refundsAboveMinor("CNY"), refundsAboveMinor("JPY"), refundsAboveMinor("USD"), apps]).toEqual([
    100_000n,
    20_000n,
    null,
    true
  ])
  const usual = OperatorsEntry.rule(decoded("").operators)
  expect([usual.refundsAboveMinor("CNY"), usual.apps]).toEqual([null, false])
})

it("faults of what operators may do are named by place, with the way to mend them", () => {
  expect(
    faultsOf(`
operators:
  secondPerson:
    refundsAbove: { RMB: "1000.00", CNY: 1000, JPY: "5.5" }
    apps: maybe
  others: 1
`)
  ).toEqual([
    '/operators/others: is unexpected, expected: "secondPerson" | "oidc"',
    "/operators/secondPerson/refundsAbove/RMB: This is no currency: write its code, like CNY.",
    '/operators/secondPerson/refundsAbove/CNY: An amount is a decimal text in CNY, in quotes, such as "1000.00".',
    '/operators/secondPerson/refundsAbove/JPY: An amount is a decimal text in JPY, in quotes, such as "100000".',
    "/operators/secondPerson/apps: Expected boolean"
  ])
})

const oidc = (more: string) => `
operators:
  oidc:
    name: Our company
    clientId: payment-proxy
    clientSecret: canary-of-a-secret
    groups: { payments: operator }
${more}`

it("the company's provider is configured with what its groups may do, over https or on this machine", () => {
  for (const [issuer, allowHttp] of [
    ["https://id.example/realm", false],
    ["http://127.0.0.1:4010/oauth", true],
    ["http://[::1]/oauth", true]
  ] as const)
    expect(OperatorsEntry.provider(decoded(oidc(`    issuer: "${issuer}"`)).operators)).toMatchObject({
      ...{ issuer, allowHttp, scope: "openid profile groups", nameClaim: "name", groupsClaim: "groups" },
      groups: { payments: "operator" }
    })
  expect(OperatorsEntry.provider(decoded("").operators)).toBeNull()
})

it("a provider by plain http, a scope without openid and a role that is none are named, and no secret is", () => {
  const faults = [
    ...faultsOf(oidc('    issuer: "http://id.example"\n    scope: profile')),
    ...faultsOf(oidc('    issuer: "https://id.example"').replace("operator }", "root }"))
  ]
  expect(faults).toEqual([
    "/operators/oidc/issuer: An issuer is an https address without query and fragment; http is for this machine alone.",
    "/operators/oidc/scope: A scope of a sign-in has openid.",
    "/operators/oidc/groups/payments: A group may be one of viewer, operator, administrator."
  ])
  expect(faults.join()).not.toContain("canary")
})
