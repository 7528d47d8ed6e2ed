// Makes the bundles that a whole run of tests shares, in the folder that it is told.
import * as Bundle from "./faults/Bundle.ts"

const [folder = ""] = process.argv.slice(2)
await Promise.all(["cli", "gateway", "sandbox", "shop", "worker"].map((app) => Bundle.make(app, folder)))
