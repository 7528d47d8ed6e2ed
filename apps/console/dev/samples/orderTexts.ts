/** Texts that apps, payers and vendors could have put into an order: they must show as what they are. */
export const hostile = {
  script: `<script>alert("xss")</script><img src=x onerror=alert(1)>`,
  rightToLeft: "INV-\u202Egpj.exe\u202C-2026 \u0641\u0627\u062A\u0648\u0631\u0629",
  emoji: "🧧红包🎁-👩‍👩‍👧‍👦-🏴󠁧󠁢󠁥󠁮󠁧󠁿",
  long: "A".repeat(10_000),
  combining: `Z${"͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴".repeat(12)}`,
  formula: `=HYPERLINK("http://evil.example","click")`
} as const

const wechat = (state: string, no: string, amount: number) => ({
  amount: { currency: "CNY", payer_currency: "CNY", payer_total: amount, total: amount },
  appid: "wxd678efh567hg6787",
  attach: "",
  bank_type: "OTHERS",
  mchid: "1900007291",
  out_trade_no: no,
  payer: { openid: "…" },
  success_time: "2026-11-26T10:34:56+08:00",
  trade_state: state,
  trade_state_desc: state === "SUCCESS" ? "支付成功" : "订单未支付",
  trade_type: "JSAPI",
  transaction_id: "4200002891202611263817462934"
})

const alipay = (state: string, no: string, amount: string) => ({
  alipay_trade_query_response: {
    code: "10000",
    msg: "Success",
    buyer_logon_id: "…",
    out_trade_no: no,
    total_amount: amount,
    trade_no: "2026112622001481141429938453",
    trade_status: state
  },
  sign: "…"
})

const mpgs = (state: string, no: string, amount: string) => ({
  amount: Number(amount),
  currency: "HKD",
  id: no,
  merchant: "TESTHKTICKETING",
  result: state === "FAILED" ? "FAILURE" : "SUCCESS",
  status: state,
  sourceOfFunds: { provided: { card: { brand: "VISA", number: "…" } }, type: "CARD" },
  totalAuthorizedAmount: Number(amount),
  transaction: [
    { response: { acquirerCode: "00", gatewayCode: "APPROVED" }, transaction: { id: "1", type: "PAYMENT" } }
  ]
})

const paypal = (state: string, no: string, amount: string) => ({
  id: "5O190127TN364715T",
  intent: "CAPTURE",
  status: state,
  purchase_units: [
    {
      reference_id: "default",
      invoice_id: no,
      amount: { currency_code: "EUR", value: amount },
      payee: { email_address: "…" }
    }
  ],
  payer: { email_address: "…", payer_id: "…" }
})

const words: Readonly<Record<string, readonly [wechat: string, alipay: string, mpgs: string, paypal: string]>> = {
  paid: ["SUCCESS", "TRADE_SUCCESS", "CAPTURED", "COMPLETED"],
  authorized: ["SUCCESS", "TRADE_SUCCESS", "AUTHORIZED", "APPROVED"],
  closed: ["CLOSED", "TRADE_CLOSED", "CANCELLED", "VOIDED"],
  failed: ["PAYERROR", "TRADE_CLOSED", "FAILED", "VOIDED"],
  known: ["ACCEPT", "WAIT_MERCHANT_REVIEW", "PENDING_REVIEW", "PAYER_ACTION_REQUIRED"]
}

/** What a vendor answers, as it would come over the wire, with `…` where the payer stood. */
export const rawOf = (vendor: string, call: string, kind: string, no: string, amount: string): string => {
  const [ofWechat, ofAlipay, ofMpgs, ofPaypal] = words[kind] ?? ["NOTPAY", "WAIT_BUYER_PAY", "INITIATED", "CREATED"]
  if (vendor.startsWith("wechat")) return JSON.stringify(wechat(ofWechat, no, Math.round(Number(amount) * 100)))
  if (vendor.startsWith("alipay"))
    return call === "notification"
      ? new URLSearchParams({
          gmt_payment: "2026-11-26 10:34:55",
          notify_type: "trade_status_sync",
          out_trade_no: no,
          total_amount: amount,
          trade_status: ofAlipay,
          buyer_id: "…",
          sign_type: "RSA2",
          sign: "…"
        }).toString()
      : JSON.stringify(alipay(ofAlipay, no, amount))
  return JSON.stringify(vendor.startsWith("mpgs") ? mpgs(ofMpgs, no, amount) : paypal(ofPaypal, no, amount))
}
