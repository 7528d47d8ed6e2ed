import { randomBytes } from "node:crypto"
import { vaultContract } from "@payment-proxy/testkit"
import { Redacted } from "effect"
import { KeyVault } from "../src/index.ts"

vaultContract("key file", KeyVault.layerKeys([Redacted.make(randomBytes(32).toString("base64"))]))
