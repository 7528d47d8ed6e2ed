import { contract } from "../contract.ts"

contract("wechatpay")
