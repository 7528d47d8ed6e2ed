import { account, type Said } from "../src/vendors/Given.ts"

const hourMillis = 3_600_000

/** A create by QR code, as an application writes it. */
export const body = ({ no, amountMinor }: Said, nowMillis: number) => ({
  appid: account.appid,
  mchid: account.mchid,
  description: account.description,
  out_trade_no: no,
  time_expire: `${new Date(nowMillis + 8.25 * hourMillis).toISOString().slice(0, 19)}+08:00`,
  notify_url: account.notifyUrl,
  amount: { total: amountMinor, currency: "CNY" }
})

/** A create by a page of WeChat's own browser. */
export const pageBody = (said: Said, nowMillis: number) => ({
  ...body(said, nowMillis),
  payer: { openid: account.openId }
})
