/** A command of the page, with what it shows there; or an order that is made before the next one. */
export type Step =
  | { readonly type: "later" }
  | { readonly type: "order"; readonly kind: string; readonly number: string }
  | {
      readonly type: "command"
      readonly line: string
      readonly shown: string
      readonly at: number
      readonly until: number
    }

/** The steps of a page: its `console` blocks, and comments (`<!-- order paid NUMBER -->`, `<!-- two minutes later -->`), in their order. */
export const steps = (page: string): ReadonlyArray<Step> => {
  const lines = page.split("\n")
  const found: Array<Step> = []
  let isConsole = false
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ""
    const [, kind, number] = /^<!-- order (\w+) (\w+) -->$/.exec(line) ?? []
    if (kind !== undefined && number !== undefined) found.push({ type: "order", kind, number })
    if (line === "<!-- two minutes later -->") found.push({ type: "later" })
    if (line.startsWith("```")) isConsole = line === "```console"
    if (!isConsole || !line.startsWith("$ ")) continue
    let until = index + 1
    while (until < lines.length && !/^(?:\$ |```)/.test(lines[until] ?? "")) until++
    const shown = lines
      .slice(index + 1, until)
      .join("\n")
      .trim()
    found.push({ type: "command", line: line.slice(2), shown, at: index + 1, until })
  }
  return found
}

/** A command line as its words, with the variables that are set before it. */
export const words = (line: string) => {
  const all = [...line.matchAll(/(?:[^\s'"]+|'[^']*'|"[^"]*")+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double)
  )
  const variables = Object.fromEntries(
    all.slice(0, all.indexOf("payment-proxy")).map((word) => word.split("=", 2) as [string, string])
  )
  return { variables, args: all.slice(all.indexOf("payment-proxy") + 1) }
}

/** What is another one in each run: how it is found on the page, and what it may be. */
const classes = [
  [/\bpp_live_[0-9a-z]{12}_[0-9A-Za-z]{43}\b/, "pp_live_[0-9a-z]{12}_[0-9A-Za-z]{43}"],
  [/\bwhsec_[0-9A-Za-z+/]{43}=/, "whsec_[0-9A-Za-z+/]{43}="],
  [/\b(?:evt|prp)_[0-9a-f]{32}\b/, "(?:evt|prp)_[0-9a-f]{32}"],
  [/\b[A-Z_]+-[0-9a-f]{32}\b/, "[A-Z_]+-[0-9a-f]{32}"],
  [/\b[0-9A-HJKMNP-TV-Z]{29}(?=(?:R\d+)?\b)/, "[0-9A-HJKMNP-TV-Z]{29}"],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/, "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?Z"],
  [/\bshop-[0-9a-f]{6}\b/, "shop-[0-9a-f]{6}"],
  [/\b(?=[a-z]*\d)[0-9a-z]{12}\b/, "[0-9a-z]{12}"],
  [/\b(?:pay|ref)_[0-9a-f]{24}\b/, "(?:pay|ref)_[0-9a-f]{24}"],
  [/\b[0-9a-f]{8}\b/, "[0-9a-f]{8}"]
] as const

/** What is equal in one run and not in another, or shown once: the page stands for any of its kind. */
const unbound = /^(?:\d{4}-|pp_live_|whsec_)/

const anyClass = new RegExp(classes.map(([found]) => `(?:${found.source})`).join("|"), "g")
const classOf = (token: string): string => classes.find(([found]) => found.exec(token)?.[0] === token)?.[1] ?? ".+"
const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")

/** What stands on the page for what is there in this run. */
export class Bindings {
  readonly #actual = new Map<string, string>()

  bind(token: string, actual: string): void {
    this.#actual.set(token, actual)
  }

  /** Binds what a line of the page names, and nothing has shown yet, to what was shown last of its kind: for writing the page. */
  guess(line: string, shown: ReadonlyArray<string>): void {
    for (const [token] of line.matchAll(anyClass)) {
      if (this.#actual.has(token)) continue
      const last = shown
        .flatMap((text) => text.match(anyClass) ?? [])
        .filter((one) => classOf(one) === classOf(token))
        .at(-1)
      if (last !== undefined) this.bind(token, last)
    }
  }

  /** A text of this run as it stands on the page. */
  onPage(text: string): string {
    return [...this.#actual]
      .reduce((said, [token, actual]) => said.replaceAll(actual, token), text)
      .replaceAll(/whsec_\S+/g, `whsec_${Buffer.from("a throwaway secret of this page.").toString("base64")}`)
      .replaceAll(/(pp_live_\w{12}_)\w+/g, `$1${"ThrowawaySecretOfThisPage".padEnd(43, "0")}`)
  }

  /** A text of the page as it is in this run. */
  actual(text: string): string {
    return text.replaceAll(anyClass, (token) => this.#actual.get(token) ?? token)
  }

  /** Whether a text is what the page shows, but for what differs from run to run, which is bound. */
  matches(shown: string, actual: string): boolean {
    const tokens: Array<string> = []
    let pattern = ""
    let end = 0
    for (const { 0: token, index } of shown.matchAll(anyClass)) {
      const known = this.#actual.get(token)
      pattern += escaped(shown.slice(end, index)) + (known === undefined ? `(${classOf(token)})` : escaped(known))
      if (known === undefined) tokens.push(token)
      end = index + token.length
    }
    const match = new RegExp(`^${pattern}${escaped(shown.slice(end))}$`).exec(actual)
    if (match === null) return false
    tokens.forEach((token, index) => {
      if (!unbound.test(token)) this.bind(token, match[index + 1] ?? "")
    })
    return true
  }
}
