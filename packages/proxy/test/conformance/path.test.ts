import { describe } from "vitest"
import { type Case, conform, type Outcome, passed, refused } from "./cases.ts"
import { head, host, last, type Options } from "./world.ts"

/** The paths below `/proxy/r` that arrive below `/svc` byte for byte. */
const kept: ReadonlyArray<readonly [path: string, id?: string]> = [
  ["/a"],
  ["/"],
  ["/a/"],
  ["/a/b/c.d"],
  ["/.well-known/x"],
  ["/..a/b.."],
  ["/.../b"],
  ["/a;v=1/b"],
  ["/a:b@c!$&'()*+,=-._~"],
  ["/a%2Fb", "G47"],
  ["/a%2fb"],
  ["/%E4%B8%AD%E6%96%87"],
  ["/%e4%b8%ad"],
  ["/a%20b%2B"],
  ["/a%3Fb%23c"],
  ["/proxy/r/a"],
  ["/http:/a"],
  ["/__proto__/constructor"]
]

/** Queries that arrive byte for byte. */
const queries: ReadonlyArray<readonly [query: string, id?: string]> = [
  ["?q=a+b%20c&sign=%2B%2F%3D", "G49"],
  ["?x=1&x=2&x"],
  ["?"],
  ["??a=?"],
  ["?a=/../..//b"],
  ["?a=%2e%2e%2f"],
  ["?a=%00%0d%0a"],
  ["?a=%zz"],
  ["?a=b;c&&=&"],
  ["?url=http://127.0.0.1:1/x"],
  ['?json={"a":["<b>"]}'],
  ["?a='|`^"],
  ["?a=%E4%B8%AD"]
]

/** Paths below `/proxy/r` that could be read in two ways. */
const refusedPaths: ReadonlyArray<readonly [path: string, id?: string]> = [
  ["/.."],
  ["/../admin"],
  ["/a/../../admin"],
  ["/a/.."],
  ["/a/./b"],
  ["/."],
  ["/%2e%2e/admin"],
  ["/%2E%2e/admin"],
  ["/.%2e/admin"],
  ["/%2e./admin"],
  ["/%2e/admin"],
  ["/a/%2e%2e%2fadmin"],
  ["/..%2fadmin"],
  ["/%2e%2e%5cadmin"],
  ["/..;/admin"],
  ["/..;x=1/admin"],
  ["/.;/admin"],
  ["/%2e%2e;/admin"],
  ["/%252e%252e/admin", "G43"],
  ["/%252e%252e%252fadmin"],
  ["/..%252fadmin"],
  ["/..%255cadmin"],
  ["/%25252e%25252e/admin"],
  ["/a\\b"],
  ["/..\\admin"],
  ["/a%5cb"],
  ["/a%5Cb"],
  ["/a%255cb"],
  ["/a%00b"],
  ["/a%00"],
  ["/a%2500b"],
  ["/a%0d%0aX:%201"],
  ["/a%0ab"],
  ["/%zz", "G45"],
  ["/a%"],
  ["/a%4"],
  ["/a%u002e"]
]

const passing = ([path, id]: readonly [path: string, id?: string]): Case => ({
  ...(id === undefined ? {} : { id }),
  name: `/proxy/r${path}`,
  send: last(`GET /proxy/r${path}`),
  ...passed(`GET /svc${path}`)
})

/** Either refused, or the very same bytes below the base path. */
const keptOrRefused = (path: string): Case => ({
  name: `/proxy/r${path}`,
  send: last(`GET /proxy/r${path}`),
  either: [refused(400, "PATH_REFUSED"), passed(`GET /svc${path}`), refused(400)]
})

describe("a path arrives below the base path, as it was written", () => {
  conform(kept.map(passing))
  conform([
    {
      name: "the bare prefix is the base path",
      send: last("GET /proxy/r"),
      either: ["/svc", "/svc/"].map((path) => passed(`GET ${path}`))
    },
    {
      name: "the bare prefix with a query",
      send: last("GET /proxy/r?a=1"),
      either: ["/svc?a=1", "/svc/?a=1"].map((path) => passed(`GET ${path}`))
    },
    {
      name: "a base path of two segments",
      world: { basePath: "/v1/api" },
      send: last("GET /proxy/r/a"),
      ...passed("GET /v1/api/a")
    },
    { name: "no base path", world: { basePath: "" }, send: last("GET /proxy/r/a"), ...passed("GET /a") },
    {
      name: "no base path, and the bare prefix",
      world: { basePath: "" },
      send: last("GET /proxy/r?x"),
      ...passed("GET /?x")
    },
    {
      name: "an escaped base path",
      world: { basePath: "/a%2Fb" },
      send: last("GET /proxy/r/c"),
      ...passed("GET /a%2Fb/c")
    },
    {
      name: "a path of 8 KB",
      send: last(`GET /proxy/r/${"a".repeat(8192)}`),
      ...passed(`GET /svc/${"a".repeat(8192)}`)
    }
  ])
})

describe("a query arrives byte for byte", () => {
  conform(queries.map(([query, id]) => passing(id === undefined ? [`/a${query}`] : [`/a${query}`, id])))
  conform(["?a=\xe4\xb8\xad", "?a=\\b"].map((query) => keptOrRefused(`/a${query}`)))
})

describe("a path that could be read in two ways is refused", () => {
  conform(
    refusedPaths.map(([path, id]) => ({
      ...(id === undefined ? {} : { id }),
      name: `/proxy/r${path}`,
      send: last(`GET /proxy/r${path}`),
      ...refused(400, "PATH_REFUSED")
    }))
  )
  conform(
    [
      "//evil.example/x",
      "/a//b",
      "/a%2eb",
      "/a%41",
      "/a%7Fb",
      "/a;..;b",
      "/%ff",
      "/a|b",
      '/a"b',
      "/a\xe4\xb8\xad",
      "/a%25",
      "/a%252fb",
      "/100%25"
    ].map(keptOrRefused)
  )
  // No dots in GBK, where C0 AE is a character: what is no UTF-8 may be meant.
  conform(["/%c0%ae%c0%ae/admin", "/%D6%A7%B8%B6"].map(keptOrRefused))
  conform([
    { id: "G51", name: "a fragment", send: last("GET /proxy/r/a#b"), either: [refused(400), passed("GET /svc/a")] },
    {
      id: "G51",
      name: "a fragment that hides a climb",
      send: last("GET /proxy/r/a#/../../b"),
      either: [refused(400), passed("GET /svc/a")]
    },
    ...["/a\0b", "/a b", "/a\tb", "/a\x7fb", "/a\x01b"].map(
      (path): Case => ({ name: JSON.stringify(`/proxy/r${path}`), send: last(`GET /proxy/r${path}`), ...refused(400) })
    )
  ])
})

describe("only what stands under the route's own prefix is the route's", () => {
  const elsewhere: ReadonlyArray<readonly [target: string, status: number | ReadonlyArray<number>, id?: string]> = [
    ["/proxy/rx/a", 404, "G53"],
    ["/proxy/r2", 404],
    ["/proxy/R/a", 404],
    ["/proxy/", 404],
    ["/proxy", 404],
    ["/proxy//r/a", [400, 404]],
    ["/proxy/%72/a", [400, 404]],
    ["/proxy/r%2Fa", [400, 404]],
    ["/proxy/r;x/a", [400, 404]],
    ["/proxy/r%00/a", [400, 404]],
    ["/proxy/rx/../r/a", [400, 404]],
    ["/proxy/./r/a", [400, 404]],
    ["/proxy/__proto__/a", 404],
    ["/proxy/constructor", 404],
    ["/PROXY/r/a", 404],
    ["//evil.example/proxy/r/a", [400, 404]],
    ["/svc/a", 404]
  ]
  conform(
    elsewhere.map(([target, status, id]) => ({
      ...(id === undefined ? {} : { id }),
      name: target,
      send: last(`GET ${target}`),
      ...refused(status)
    }))
  )
  conform([
    {
      name: "an unknown route is a problem that says so",
      send: last("GET /proxy/none/a"),
      ...refused(404, "NOT_FOUND")
    },
    { id: "G35", name: "a whole address elsewhere", send: last("GET http://127.0.0.1:1/x"), ...refused([400, 404]) },
    {
      name: "a whole address that is ours",
      send: last(`GET http://${host}/proxy/r/a`),
      either: [refused([400, 404]), passed("GET /svc/a")]
    },
    {
      name: "a whole address with another Host",
      send: last("GET http://elsewhere.example/proxy/r/a"),
      either: [refused([400, 404, 421]), passed("GET /svc/a")]
    },
    { name: "an authority", send: last("GET 127.0.0.1:1"), ...refused([400, 404]) },
    { name: "an asterisk", send: last("OPTIONS *"), ...refused([400, 404]) },
    { name: "an asterisk for GET", send: last("GET *"), ...refused([400, 404]) },
    { name: "no slash at the beginning", send: last("GET proxy/r/a"), ...refused([400, 404]) }
  ])
})

const closed: Options = { route: { allow: ["GET /v1/statements/**", "POST /v1/orders", "GET /v1/orders/{no}"] } }
const asked = (line: string, outcome: Outcome): Case => ({ name: line, world: closed, send: last(line), ...outcome })

describe("a route passes what it allows", () => {
  conform(
    [
      asked("GET /proxy/r/v1/statements", passed("GET /svc/v1/statements")),
      asked("GET /proxy/r/v1/statements/2026/09?x=/v1/refunds", passed("GET /svc/v1/statements/2026/09?x=/v1/refunds")),
      asked("HEAD /proxy/r/v1/orders/7", { upstream: [{ line: "HEAD /svc/v1/orders/7" }], client: [{ status: 200 }] }),
      asked("GET /proxy/r/v1/orders/7", passed("GET /svc/v1/orders/7")),
      // An encoded slash is a slash to some: one segment is one to everybody.
      asked("GET /proxy/r/v1/orders/a%2Fb", refused(404, "NOT_FOUND")),
      asked("GET /proxy/r/v1/statements/a%2Fb", passed("GET /svc/v1/statements/a%2Fb")),
      asked("GET /proxy/r/v1/orders/7/refunds", refused(404, "NOT_FOUND")),
      asked("GET /proxy/r/v1/orders/", refused(404, "NOT_FOUND")),
      asked("GET /proxy/r/V1/statements", refused(404, "NOT_FOUND")),
      asked("GET /proxy/r/v1/statementsx", refused(404, "NOT_FOUND")),
      asked("GET /proxy/r/v1%2Fstatements", refused(404, "NOT_FOUND")),
      asked("GET /proxy/r/v1/statements/../refunds", refused(400, "PATH_REFUSED")),
      asked("GET /proxy/r/v1/statements/%2e%2e/refunds", refused(400, "PATH_REFUSED")),
      asked("GET /proxy/r/v1/statements;x/../refunds", refused(400, "PATH_REFUSED")),
      asked("DELETE /proxy/r/v1/orders/7", refused([404, 405], ["NOT_FOUND", "METHOD_NOT_ALLOWED"])),
      asked("GET /proxy/r/", refused(404, "NOT_FOUND")),
      asked("GET /proxy/r", refused(404, "NOT_FOUND"))
    ].map((one) => (one.name.startsWith("HEAD") ? { ...one, methods: ["HEAD"] } : one))
  )
})

describe("methods", () => {
  conform([
    ...["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map(
      (method): Case => ({
        name: `${method} passes`,
        send: last(`${method} /proxy/r/a`),
        ...passed(`${method} /svc/a`)
      })
    ),
    {
      id: "G37",
      name: "TRACE is not taken, and the answer says what is",
      send: last("TRACE /proxy/r/a"),
      upstream: [],
      client: [{ status: 405, code: "METHOD_NOT_ALLOWED", named: { allow: /(?!.*TRACE).*GET.*/ } }]
    },
    {
      name: "CONNECT is no way through",
      send: last("CONNECT 127.0.0.1:1"),
      either: [refused([400, 404, 405, 501]), { upstream: [], client: [] }]
    },
    {
      name: "CONNECT with a path is none either",
      send: last("CONNECT /proxy/r/a"),
      either: [refused([400, 404, 405, 501]), { upstream: [], client: [] }]
    },
    ...["FOO", "get", "G\xc9T", "GET\x0b"].map(
      (method): Case => ({
        ...(method === "FOO" ? { id: "G39" } : {}),
        name: `${JSON.stringify(method)} is none`,
        send: last(`${method} /proxy/r/a`),
        ...refused([400, 501])
      })
    ),
    ...["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"].map(
      (name): Case => ({
        name: `${name} cannot make another method of one that is allowed`,
        world: closed,
        send: last("POST /proxy/r/v1/orders", `${name}: DELETE`, "Content-Length: 0"),
        ...refused(400, "METHOD_OVERRIDDEN")
      })
    ),
    {
      name: "an override that says the same",
      world: closed,
      send: last("POST /proxy/r/v1/orders", "X-HTTP-Method-Override: POST", "Content-Length: 0"),
      either: [passed("POST /svc/v1/orders"), refused(400, "METHOD_OVERRIDDEN")]
    },
    {
      name: "an override passes where any method does",
      send: last("POST /proxy/r/a", "X-HTTP-Method-Override: PUT", "Content-Length: 0"),
      ...passed("POST /svc/a", { lines: ["X-HTTP-Method-Override: PUT"] })
    }
  ])
})

describe("versions", () => {
  const asked = (version: string) => head(`GET /proxy/r/a${version}`, `Host: ${host}`, "Connection: close")
  conform([
    { name: "HTTP/1.0 is taken, and the upstream is asked by 1.1", send: asked(" HTTP/1.0"), ...passed("GET /svc/a") },
    {
      name: "HTTP/1.0 without Host",
      send: "GET /proxy/r/a HTTP/1.0\r\n\r\n",
      either: [passed("GET /svc/a"), refused(400)]
    },
    ...[
      " HTTP/1.2",
      " HTTP/2.0",
      " HTTP/2",
      " HTTP/0.9",
      " HTTP/3.0",
      " HTTP/1.10",
      " HTTP/01.1",
      " HTTP/1",
      " http/1.1",
      " HTP/1.1",
      ""
    ].map(
      (version): Case => ({
        ...(/1\.2|2\.0/.test(version) ? { id: "G41" } : {}),
        name: `${JSON.stringify(version)} is not`,
        send: asked(version),
        ...refused([400, 505])
      })
    ),
    { name: "HTTP/0.9 of one line is not", send: "GET /proxy/r/a\r\n\r\n", ...refused([400, 505]) },
    {
      name: "a line without a version that ends in LF, and a body, is not",
      send: `GET /proxy/r/a\nHost: ${host}\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello`,
      ...refused([400, 505])
    },
    {
      name: "empty lines before a request are passed over",
      send: `\r\n${last("GET /proxy/r/a")}`,
      either: [passed("GET /svc/a"), refused(400)]
    }
  ])
})
