import { contract } from "../contract.ts"

contract("alipay")
