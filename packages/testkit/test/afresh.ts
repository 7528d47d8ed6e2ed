// Run by vitest before each test file. Files of a package share a process, and with it `it`, whose methods `layer` of @effect/vitest
// replaces for good: each file finds them as they were. Where nobody has loaded them yet, nothing is.
import * as Vitest from "vitest"

if (Object.hasOwn(Vitest.it, "effect")) {
  const { it, makeMethods } = await import("@effect/vitest")
  makeMethods(it)
}

/** A second, which is what `vi.waitFor` has by itself, is little on a busy machine. */
const patienceMillis = 10_000
const { waitFor } = Vitest.vi
if (!("isPatient" in waitFor)) {
  const patient: typeof waitFor = (look, options) =>
    waitFor(look, {
      timeout: patienceMillis,
      ...(typeof options === "number" ? { timeout: options } : options)
    })
  Vitest.vi.waitFor = Object.assign(patient, { isPatient: true })
}
