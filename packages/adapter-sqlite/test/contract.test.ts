import {
  appsContract,
  dueWorkContract,
  ledgerContract,
  ordersContract,
  retentionContract,
  sharedTokensContract
} from "@payment-proxy/testkit"
import { stores } from "./scratch.ts"

ordersContract("SQLite", stores)
dueWorkContract("SQLite", stores)
appsContract("SQLite", stores)
retentionContract("SQLite", stores)
sharedTokensContract("SQLite", stores)
ledgerContract("SQLite", stores)
