import { lives } from "./machine.ts"
import { PaymentMachine, Payment, PaymentCommands, Money } from "@payment-proxy/domain"
const all = lives(7)
console.log(all.reduce((a,l)=>a+l.said.length,0)/64, all.slice(0,3).map(l=>l.said.map(s=>s.kind+(s.asked?"*":"")).join(" ")))
const sub = (PaymentCommands.command(Payment.make({payOrderNo:"x",app:"a",vendor:"v",businessNo:null,amount:Money.make(1234n,"CNY"),method:"ALIPAY",source:"QR",capture:"automatic",metadata:{},createdAtMillis:0,expiresAtMillis:2e6,deadlineMillis:3e6}),{type:"submit"}) as any).right.order
let s=0
const end=Date.now()+6000; let n=0
while(Date.now()<end) for (const l of all) { let o=sub; for (const e of l.said) { o=PaymentMachine.absorb(o,e,1e6,{settlingMillis:300000}).order; n++ } s+=o.version }
console.log(n/6, s)
