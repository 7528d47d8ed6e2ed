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

ordersContract("MariaDB", stores)
dueWorkContract("MariaDB", stores)
insightContract("MariaDB", stores)
appsContract("MariaDB", stores)
proposalsContract("MariaDB", stores)
operatorsContract("MariaDB", stores)
reconciliationsContract("MariaDB", stores)
retentionContract("MariaDB", stores)
sharedTokensContract("MariaDB", stores)
ledgerContract("MariaDB", stores)
