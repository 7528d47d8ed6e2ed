export { canonical } from "@payment-proxy/domain/StrictJson"
export { pointerOf } from "./Fault.ts"
export { decode as placeOrder } from "./PlaceOrderDecoding.ts"
