import { mkdirSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { Diagram } from "@payment-proxy/domain"

const page = process.argv[2] ?? fileURLToPath(new URL("../../../docs/machines.md", import.meta.url))
mkdirSync(dirname(page), { recursive: true })
writeFileSync(page, Diagram.document())
