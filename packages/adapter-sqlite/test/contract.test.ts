import {
  appsContract,
  dueWorkContract,
  ordersContract,
  reconciliationsContract,
  retentionContract,
  sharedTokensContract
} from "@payment-proxy/testkit"
import { stores } from "./scratch.ts"

ordersContract("SQLite", stores)
dueWorkContract("SQLite", stores)
appsContract("SQLite", stores)
reconciliationsContract("SQLite", stores)
retentionContract("SQLite", stores)
sharedTokensContract("SQLite", stores)
