import {
  insightContract,
  Memory,
  operatorsContract,
  ordersContract,
  proposalsContract,
  reconciliationsContract
} from "../src/index.ts"

insightContract("memory", Memory.layer)
ordersContract("memory", Memory.layer)
proposalsContract("memory", Memory.layer)
reconciliationsContract("memory", Memory.layer)
operatorsContract("memory", Memory.layer)
