// Run by vitest before each test file. Files of a package share a process, and with it `it`, whose methods `layer` of @effect/vitest
// replaces for good: each file finds them as they were. Where nobody has loaded them yet, nothing is.
import * as Vitest from "vitest"

if (Object.hasOwn(Vitest.it, "effect")) {
  const { it, makeMethods } = await import("@effect/vitest")
  makeMethods(it)
}
