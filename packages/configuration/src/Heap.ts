import { setFlagsFromString } from "node:v8"

/** The first Node whose V8 knows what is set here. */
const since = 24

const flags = [
  // V8 would make what waits for I/O right in the old generation, where each object keeps all that it refers to (docs/adr/0018).
  "--no-allocation-site-pretenuring",
  // Buffers are collected with twice this of them, and not with 64 MB: a body of any length goes by in little memory.
  "--scavenger-max-new-space-capacity-mb=8"
]

/** Has V8 keep no more than it needs for calls that come and go. To be done before anything else; what stands of the young generation stays as large as it is. */
export const settle = (): void => {
  if (Number.parseInt(process.versions.node, 10) >= since) for (const flag of flags) setFlagsFromString(flag)
}
