import { Memory, ordersContract } from "../src/index.ts"

ordersContract("memory", Memory.layer)
