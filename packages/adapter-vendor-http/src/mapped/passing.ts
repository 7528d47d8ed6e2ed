import type { MappedConfig } from "./config.ts"
import { membersOf, type SourceName } from "./fields.ts"
import { numbersOf, type Template, templatesOf } from "./paths.ts"

/** A fault of a mapping: where in the vendor's configuration, and how to mend it. */
export interface Fault {
  readonly at: string
  readonly detail: string
}

const has = ({ create }: MappedConfig, ...from: ReadonlyArray<SourceName>): boolean =>
  from.some((name) => membersOf(create.body, name).length > 0)

const lacking = (config: MappedConfig): ReadonlyArray<Fault> => {
  const { create, proxied } = config
  const needs: ReadonlyArray<readonly [isThere: boolean, at: string, detail: string]> = [
    [
      has(config, "payOrderNo") || create.path.includes("{payOrderNo}"),
      "/create/body",
      "Nothing says where a caller's create has its number: map a member from payOrderNo."
    ],
    [
      has(config, "amountMinor", "amountMajor"),
      "/create/body",
      "Nothing says where a caller's create has its amount: map a member from amountMinor or amountMajor."
    ],
    [
      has(config, "currency"),
      "/create/body",
      "Nothing says where a caller's create has its currency: map a member from currency."
    ],
    [
      has(config, "method") || proxied.method !== undefined,
      "/proxied/method",
      "Nothing says what a caller's payer pays with: map a member from method, or say here which it is."
    ],
    [
      has(config, "source") || proxied.source !== undefined,
      "/proxied/source",
      "Nothing says where a caller's payer is: map a member from source, or say here where."
    ]
  ]
  return needs.flatMap(([isThere, at, detail]) => (isThere ? [] : [{ at, detail }]))
}

const numbering = (template: Template): ReadonlyArray<Fault> => {
  const { kinds, isWhole } = numbersOf(template)
  if (!isWhole)
    return [
      { at: template.at, detail: "A number stands for a whole segment or a whole value: take away what is beside it." }
    ]
  return kinds.size > 1
    ? [{ at: template.at, detail: "The path names an order by two numbers: give a path for each, in also." }]
    : []
}

const shapeOf = ({ method, segments, parameters }: Template): string =>
  JSON.stringify([
    method,
    segments.map((segment) => (segment.includes("{") ? "{}" : segment.toUpperCase())),
    parameters.map(([name, value]) => [name, value.includes("{") ? "{}" : value]).sort()
  ])

/** Calls that look the same and are not. */
const alike = (templates: ReadonlyArray<Template>): ReadonlyArray<Fault> =>
  templates.flatMap((template, index) => {
    const twin = templates.slice(0, index).find((other) => shapeOf(other) === shapeOf(template))
    return twin === undefined
      ? []
      : [{ at: template.at, detail: `A call of it cannot be told from one of ${twin.at}: take one of them out.` }]
  })

/** What keeps a mapping from reading the vendor's own API as an app calls it through the proxied door; nothing where it can. */
export const faultsOf = (config: MappedConfig): ReadonlyArray<Fault> => {
  const templates = templatesOf(config)
  return [...lacking(config), ...templates.flatMap(numbering), ...alike(templates)]
}
