import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import type { IncomingMessage, ServerResponse } from "node:http"
import { extname, join, relative, sep } from "node:path"
import { promisify } from "node:util"
import { brotliCompress, constants, gzip } from "node:zlib"
import { Problem } from "@payment-proxy/api"
import { Effect } from "effect"

/** The encodings that a file is kept in, the smallest first. */
const codings = ["br", "gzip", "identity"] as const
type Coding = (typeof codings)[number]

interface Kept {
  readonly type: string
  readonly cache: string
  readonly tag: string
  readonly bodies: { readonly [C in Coding]?: Buffer }
}

/** The built files of the console by their paths below `/console/`, read once. */
export type Files = ReadonlyMap<string, Kept>

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff2": "font/woff2"
}

/** Where a build names files by what is in them (Vite: `assets/<name>-<hash>.<extension>`). */
const named = /^assets\/.+-[\w-]{8,}\.\w+$/
const packed = /^(?:text\/|application\/|image\/svg)/

const maxFiles = 2000
const maxBytes = 64 * 1024 * 1024

const compressed = async (body: Buffer): Promise<Kept["bodies"]> => {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 9,
    [constants.BROTLI_PARAM_SIZE_HINT]: body.length
  }
  const [br, zipped] = await Promise.all([
    promisify(brotliCompress)(body, { params }),
    promisify(gzip)(body, { level: 9 })
  ])
  return { br, gzip: zipped, identity: body }
}

const kept = async (path: string, body: Buffer): Promise<Kept> => {
  const type = types[extname(path)] ?? "application/octet-stream"
  return {
    type,
    cache: named.test(path) ? "public, max-age=31536000, immutable" : "no-cache",
    tag: createHash("sha256").update(body).digest("base64url").slice(0, 22),
    bodies: packed.test(type) && body.length > 512 ? await compressed(body) : { identity: body }
  }
}

/** All regular files of a folder, each at most once in memory, in the encodings that browsers take; no link is followed. */
export const read = (folder: string): Effect.Effect<Files> =>
  Effect.promise(async () => {
    const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const files = new Map<string, Kept>()
    let bytes = 0
    for (const entry of found.slice(0, maxFiles)) {
      const file = join(entry.parentPath, entry.name)
      const body = readFileSync(file)
      bytes += body.length
      if (bytes > maxBytes) break
      const path = relative(folder, file).split(sep).join("/")
      files.set(path, await kept(path, body))
    }
    return files
  })

/** The folder of the console's build: beside this program in the repository, or beside a bundle of it; null where there is none. */
export const folder = (configured: string | null): string | null => {
  const here = import.meta.dirname
  const places =
    configured === null
      ? [join(here, "../../../console/dist-web"), join(here, "console"), join(here, "../console")]
      : [configured]
  return places.find((place) => existsSync(join(place, "index.html"))) ?? null
}

const unbuilt = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Payment Proxy</title></head>
<body>
<h1>The console is not built</h1>
<p>Its API is here, under <code>/admin</code>; its pages are not. Build them and start the gateway again:</p>
<pre>pnpm --filter @payment-proxy/console build</pre>
<p>Or name the folder of its built files in <code>PAYMENT_PROXY_CONSOLE_DIR</code>.</p>
</body>
</html>
`

/** The codings that a request takes, by RFC 9110 §12.5.3: those that it names with a weight above 0. */
const accepted = ({ headers: { "accept-encoding": said = "" } }: IncomingMessage): ReadonlySet<string> =>
  new Set(
    String(said)
      .split(",")
      .flatMap((part) => {
        const [coding = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase())
        return parameters.some((text) => /^q=0(?:\.0*)?$/.test(text)) ? [] : [coding]
      })
  )

const isKnown = ({ headers: { "if-none-match": known = "" } }: IncomingMessage, tag: string): boolean =>
  known.split(",").some((one) => one.trim().replace(/^W\//, "") === tag || one.trim() === "*")

const send = (request: IncomingMessage, response: ServerResponse, file: Kept): void => {
  const takes = accepted(request)
  const coding = codings.find((one) => file.bodies[one] !== undefined && takes.has(one)) ?? "identity"
  const body = file.bodies[coding] ?? Buffer.alloc(0)
  const tag = `"${file.tag}${coding === "identity" ? "" : `-${coding}`}"`
  response.setHeader("cache-control", file.cache)
  response.setHeader("etag", tag)
  response.setHeader("vary", "accept-encoding")
  if (isKnown(request, tag)) {
    response.writeHead(304).end()
    return
  }
  if (coding !== "identity") response.setHeader("content-encoding", coding)
  response.writeHead(200, { "content-type": file.type, "content-length": body.length })
  response.end(request.method === "HEAD" ? undefined : body)
}

const text = (request: IncomingMessage, response: ServerResponse, status: number, type: string, body: string): void => {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) })
  response.end(request.method === "HEAD" ? undefined : body)
}

const refuse = (request: IncomingMessage, response: ServerResponse, problem: Problem.Problem): void =>
  text(request, response, problem.status, Problem.contentType, JSON.stringify(problem))

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** What a path below `/console/` stands for: a file, or the page that finds its own way; none for a file that is not there. */
const found = (files: Files, path: string): Kept | undefined =>
  files.get(path) ?? (path.startsWith("assets/") ? undefined : files.get("index.html"))

/** Answers what is asked of `/` and `/console`; whether it was. Only what was read at the start can be answered. */
export const serve =
  (files: Files) =>
  (request: IncomingMessage, response: ServerResponse): boolean => {
    const [path = ""] = (request.url ?? "").split(/[?#]/, 1)
    if (path !== "/" && path !== "/console" && !path.startsWith("/console/")) return false
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD")
      refuse(request, response, Problem.make("METHOD_NOT_ALLOWED", "The console's files are read with GET."))
    } else if (!path.startsWith("/console/")) response.writeHead(303, { location: "/console/" }).end()
    else if (files.size === 0) text(request, response, 503, "text/html; charset=utf-8", unbuilt)
    else {
      const file = found(files, decoded(path.slice("/console/".length)) || "index.html")
      if (file !== undefined) send(request, response, file)
      else refuse(request, response, Problem.make("NOT_FOUND", "The console has no such file: load its page anew."))
    }
    return true
  }
