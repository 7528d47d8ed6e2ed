// `npm test`: brings pnpm and all dependencies, runs all checks and ends with one line for all packages' tests.
import { pnpm } from "./tools.mjs"

const installed = pnpm(["install", "--prefer-offline", "--reporter=append-only", "--loglevel=warn"])
process.exit(installed === 0 ? pnpm(["run", "verify"]) : installed)
