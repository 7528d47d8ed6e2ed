import { ordersContract } from "@payment-proxy/testkit"
import { stores } from "./scratch.ts"

ordersContract("SQLite", stores)
