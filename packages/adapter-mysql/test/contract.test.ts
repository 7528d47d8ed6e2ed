import { appsContract, dueWorkContract, ordersContract } from "@payment-proxy/testkit"
import { stores } from "./scratch.ts"

ordersContract("MariaDB", stores)
dueWorkContract("MariaDB", stores)
appsContract("MariaDB", stores)
