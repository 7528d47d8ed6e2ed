import { contract } from "../contract.ts"

contract("mpgs")
