import { contract } from "../contract.ts"

contract("paypal")
