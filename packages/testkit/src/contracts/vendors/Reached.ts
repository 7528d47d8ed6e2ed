/** Which states the operations of each vendor were seen to reach. */
const reached = new Map<string, Map<string, Set<string>>>()

/** Notes that an operation of a vendor led to a state. */
export const note = (
  vendor: string,
  operation: string,
  scene: { readonly method: string; readonly source: string } | null,
  state: string
): void => {
  const rows = reached.get(vendor) ?? new Map<string, Set<string>>()
  reached.set(vendor, rows)
  const row = scene === null ? operation : `${operation} (${scene.method}, ${scene.source})`
  const states = rows.get(row) ?? new Set<string>()
  rows.set(row, states.add(state))
}

/** The table of a vendor so far: operation and states reached, one a line. */
export const table = (vendor: string): string =>
  [...(reached.get(vendor) ?? [])]
    .map(([operation, states]) => `| ${vendor} | ${operation} | ${[...states].sort().join(", ")} |`)
    .join("\n")
