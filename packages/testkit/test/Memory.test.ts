import { Memory, ordersContract, proposalsContract } from "../src/index.ts"

ordersContract("memory", Memory.layer)
proposalsContract("memory", Memory.layer)
