import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Processes } from "../faults/Processes.ts"
import * as World from "../faults/World.ts"
import type { Rival } from "../load/Site.ts"
import * as Nginx from "./Nginx.ts"

/** A process to measure, and where on it the upstream is. */
export interface Way extends Rival {
  readonly path: string
  /** The app's key, where the way asks for one. */
  readonly key?: string
}

/** One upstream, and every way to it. */
export interface Place {
  /** Our gateway without filters. */
  readonly ours: Way
  /** Our gateway with an app's key, with `oauth`, with both. */
  readonly filtered: ReadonlyArray<Way>
  /** nginx is among them where there is one. */
  readonly peers: ReadonlyArray<Way>
  readonly direct: Way
  /** Where bodies of any length go through our gateway. */
  readonly largeUrl: string
  /** What our gateway said until it was ready. */
  readonly said: string
  readonly close: () => Promise<void>
}

const route = (id: string, target: string, more = "") =>
  `  ${id}:\n    vendor: platform\n    target: { env: ${target} }\n    allow: ["ANY /**"]\n${more}`
const anyone = "    callers: anyone\n"
const oauth = "    filters: [oauth]\n"
const routes = [
  route("plain", "UPSTREAM_URL", anyone),
  route("key", "UPSTREAM_URL"),
  route("oauth", "UPSTREAM_URL", anyone + oauth),
  route("key-oauth", "UPSTREAM_URL", oauth),
  route("large", "UPSTREAM_LARGE_URL", anyone)
].join("")

const portOf = (url: string | undefined): number => Number(new URL(url ?? "").port)
const called = "/v1/things"

/** Brings all of it up; `environment` is the gateway's. */
export const start = async (environment: { readonly [name: string]: string } = {}): Promise<Place> => {
  const folder = mkdtempSync(join(tmpdir(), "payment-proxy-bench-"))
  const processes = new Processes(join(tmpdir(), "payment-proxy-compiled"))
  const closes: Array<() => Promise<void>> = [() => processes.sweep()]
  const close = async () => {
    for (const one of closes.toReversed()) await one()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const upstream = processes.start("bench", "src/proxy/upstream.ts", [], {})
    const { url: UPSTREAM_URL = "", largeUrl: UPSTREAM_LARGE_URL = "" } = await upstream.ready
    const world = await World.start({
      isCalm: true,
      routes,
      environment: { UPSTREAM_URL, UPSTREAM_LARGE_URL, ...environment }
    })
    closes.push(world.close)
    const [gateway] = world.gateways
    if (gateway === undefined) throw new Error("There is no gateway.")
    const running = await gateway.up()
    const { url = "" } = await running.ready
    const said = running.said()
    const key = world.keys.get("shop") ?? ""
    const ours = (name: string, id: string): Way => ({
      name,
      port: portOf(url),
      pid: running.pid,
      path: `/proxy/${id}${called}`
    })
    const peer = processes.start("bench", "peers/httpProxy.ts", [], { NODE_ENV: "production", UPSTREAM_URL })
    const peerUrl = (await peer.ready)["url"]
    const path = `/proxy/plain${called}`
    const peers: Array<Way> = [{ name: "http-proxy", port: portOf(peerUrl), pid: peer.pid, path }]
    const nginx = Nginx.find()
    if (nginx !== undefined) {
      const started = await Nginx.start(nginx, join(folder, "nginx"), UPSTREAM_URL)
      closes.push(started.close)
      peers.push({ name: "nginx", port: started.port, pid: started.pid, path })
    }
    return {
      ours: ours("ours", "plain"),
      filtered: [
        { ...ours("ours with a key", "key"), key },
        ours("ours with oauth", "oauth"),
        { ...ours("ours with a key and oauth", "key-oauth"), key }
      ],
      peers,
      direct: { name: "direct", port: portOf(UPSTREAM_URL), pid: upstream.pid, path: called },
      largeUrl: `${url}/proxy/large`,
      said,
      close
    }
  } catch (error) {
    await close()
    throw error
  }
}
