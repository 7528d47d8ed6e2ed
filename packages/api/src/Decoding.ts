export { canonical } from "@payment-proxy/domain/StrictJson"
export { pointerOf } from "./Fault.ts"
export { capture, refund as placeRefund } from "./OperationDecoding.ts"
export { decode as placeOrder } from "./PlaceOrderDecoding.ts"
