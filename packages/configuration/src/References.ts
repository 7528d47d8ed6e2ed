/** A fault of the configuration: where it is, and how to mend it. */
export interface Fault {
  readonly at: string
  readonly detail: string
}

type Environment = { readonly [name: string]: string | undefined }

const isReference = (value: object): value is { readonly env: string } =>
  "env" in value && typeof value.env === "string" && Object.keys(value).length === 1

/**
 * The file's value with each `{ env: NAME }` replaced by that environment variable, so that secrets and addresses stay
 * out of the file; every variable that is missing is a fault.
 */
export const resolve = (
  value: unknown,
  environment: Environment,
  at = ""
): { readonly value: unknown; readonly faults: ReadonlyArray<Fault> } => {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown, index) => resolve(item, environment, `${at}/${index}`))
    return { value: items.map((item) => item.value), faults: items.flatMap((item) => item.faults) }
  }
  if (typeof value !== "object" || value === null) return { value, faults: [] }
  if (isReference(value)) {
    const text = environment[value.env]
    return text === undefined || text === ""
      ? { value: "", faults: [{ at, detail: `The environment variable ${value.env} is not set: set it.` }] }
      : { value: text, faults: [] }
  }
  const members = Object.entries(value).map(
    ([name, member]: [string, unknown]) => [name, resolve(member, environment, `${at}/${name}`)] as const
  )
  return {
    value: Object.fromEntries(members.map(([name, member]) => [name, member.value])),
    faults: members.flatMap(([, member]) => member.faults)
  }
}
