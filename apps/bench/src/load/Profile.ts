import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** What V8's profiler says of a process (Profiler.stop): places in its code by stack, samples, and the time between them. */
export interface Profile {
  readonly nodes: ReadonlyArray<{
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
    readonly children?: ReadonlyArray<number>
  }>
  readonly samples: ReadonlyArray<number>
  /** Microseconds since the sample before. */
  readonly timeDeltas: ReadonlyArray<number>
}

/** A part of a process's time, of 1. */
export interface Share {
  readonly name: string
  readonly share: number
}

/** Profiles the process behind a debugger's address while `work` goes on. */
export const record = async (address: string, work: () => Promise<unknown>): Promise<Profile> => {
  const socket = new WebSocket(address)
  const answers = new Map<number, (result: unknown) => void>()
  await new Promise<void>((done, failed) => {
    socket.addEventListener("open", () => done())
    socket.addEventListener("error", () => failed(new Error(`No debugger at ${address}.`)))
  })
  socket.addEventListener("message", ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { readonly id?: number; readonly result?: unknown }
    if (id !== undefined) answers.get(id)?.(result)
  })
  const ask = (method: string, params: object = {}) =>
    new Promise((done) => {
      const id = answers.size + 1
      answers.set(id, done)
      socket.send(JSON.stringify({ id, method, params }))
    })
  await ask("Profiler.enable")
  await ask("Profiler.setSamplingInterval", { interval: 500 })
  await ask("Profiler.start")
  await work()
  const { profile } = (await ask("Profiler.stop")) as { readonly profile: Profile }
  socket.close()
  return profile
}

/** Which source a line of a bundle came from: esbuild says so above each. */
const sourcesOf = (file: string): ((line: number) => string) => {
  const starts: Array<{ readonly line: number; readonly source: string }> = []
  for (const [line, text] of readFileSync(file, "utf8").split("\n").entries()) {
    const source = /^\/\/ (\S+\.(?:[cm]?[jt]s))$/.exec(text)?.[1]
    if (source !== undefined) starts.push({ line, source })
  }
  return (line) => {
    let [low, high] = [0, starts.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((starts[middle]?.line ?? 0) <= line) low = middle + 1
      else high = middle
    }
    return starts[low - 1]?.source ?? file
  }
}

/** A file by what it belongs to: a package of others by its name, a module of ours by its path, Node's by `node:`. */
const moduleOf = (source: string): string =>
  /node_modules\/(?:\.pnpm\/[^/]+\/node_modules\/)?((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ??
  source.replace(/^(?:\.\.\/)*/, "")

/**
 * Where a process's time went, largest first: each sample counts for what is on top of its stack, or, with `nearest`, for the
 * first one below that which `isNamed` takes.
 */
export const shares = (
  { nodes, samples, timeDeltas }: Profile,
  nearest: (name: string) => boolean = () => true
): ReadonlyArray<Share> => {
  const sources = new Map<string, (line: number) => string>()
  const nameOf = ({ url, lineNumber, functionName }: Profile["nodes"][number]["callFrame"]): string => {
    if (url.startsWith("node:")) return url
    if (!url.startsWith("file:")) return functionName
    const known = sources.get(url) ?? sourcesOf(fileURLToPath(url))
    sources.set(url, known)
    return moduleOf(known(lineNumber))
  }
  const names = new Map<number, string>()
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const visit = (id: number, above: string): void => {
    const node = byId.get(id)
    if (node === undefined) return
    const own = nameOf(node.callFrame)
    const name = nearest(own) || above === "" || own.startsWith("(") ? own : above
    names.set(id, name)
    for (const child of node.children ?? []) visit(child, name)
  }
  const [root] = nodes
  if (root !== undefined) visit(root.id, "")
  const sums = new Map<string, number>()
  let total = 0
  for (const [index, sample] of samples.entries()) {
    const name = names.get(sample) ?? "(unknown)"
    const micros = timeDeltas[index] ?? 0
    sums.set(name, (sums.get(name) ?? 0) + micros)
    total += micros
  }
  return [...sums].map(([name, micros]) => ({ name, share: micros / total })).sort((a, b) => b.share - a.share)
}
