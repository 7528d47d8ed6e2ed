// A pass-through as a good engineer sets it up on Node: Fastify and its proxy plug-in, tuned as their makers advise: undici
// with connections that stay open, bodies not parsed, no log. It does less than we do: it takes any path and any shape of
// request, knows no time limit for the whole call, counts nothing, and sets no `Forwarded`.
import proxy from "@fastify/http-proxy"
import Fastify from "fastify"

const upstream = process.env["UPSTREAM_URL"] ?? ""
const server = Fastify({ logger: false, disableRequestLogging: true, keepAliveTimeout: 72_000, bodyLimit: 1024 ** 3 })
await server.register(proxy, {
  upstream,
  prefix: "/proxy/plain",
  rewritePrefix: "",
  http2: false,
  disableRequestLogging: true,
  undici: { connections: 128, pipelining: 1, keepAliveTimeout: 60_000 }
})
const url = await server.listen({ port: 0, host: "127.0.0.1" })
console.log(JSON.stringify({ ready: true, url }))
