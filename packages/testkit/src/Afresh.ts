// Run by vitest before each test file. Files of a package share a process, and with it `it`, whose methods `layer` replaces for good:
// each file finds them as they were.
import { makeMethods } from "@effect/vitest"
import { it } from "vitest"

makeMethods(it)
