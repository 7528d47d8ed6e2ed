import { Memory, ordersContract, reconciliationsContract } from "../src/index.ts"

ordersContract("memory", Memory.layer)
reconciliationsContract("memory", Memory.layer)
