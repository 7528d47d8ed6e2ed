import {
  appsContract,
  dueWorkContract,
  insightContract,
  ledgerContract,
  operatorsContract,
  ordersContract,
  proposalsContract,
  reconciliationsContract,
  retentionContract,
  sharedTokensContract
} from "@payment-proxy/testkit"
import { stores } from "./scratch.ts"

ordersContract("SQLite", stores)
dueWorkContract("SQLite", stores)
insightContract("SQLite", stores)
appsContract("SQLite", stores)
proposalsContract("SQLite", stores)
operatorsContract("SQLite", stores)
reconciliationsContract("SQLite", stores)
retentionContract("SQLite", stores)
sharedTokensContract("SQLite", stores)
ledgerContract("SQLite", stores)
