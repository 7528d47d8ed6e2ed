const messages = {
  "20000": "Service Currently Unavailable",
  "20001": "Insufficient Token Permissions",
  "40001": "Missing Required Arguments",
  "40002": "Invalid Arguments",
  "40003": "Insufficient Conditions",
  "40004": "Business Failed",
  "40005": "Call Limited",
  "40006": "Insufficient Permissions"
} as const

/** What the gateway says of a call that is no call of an app: these answers are not signed. */
const ofGateway = {
  "isp.unknow-error": ["20000", "服务暂不可用"],
  "isp.unknown-error": ["20000", "服务暂不可用"],
  "aop.unknow-error": ["20000", "网关暂不可用"],
  "aop.invalid-app-auth-token": ["20001", "应用授权令牌无效"],
  "isv.missing-method": ["40001", "缺少 method 参数"],
  "isv.missing-signature": ["40001", "缺少 sign 参数"],
  "isv.missing-signature-type": ["40001", "缺少 sign_type 参数"],
  "isv.missing-app-id": ["40001", "缺少 app_id 参数"],
  "isv.missing-timestamp": ["40001", "缺少 timestamp 参数"],
  "isv.missing-version": ["40001", "缺少 version 参数"],
  "isv.invalid-parameter": ["40002", "参数无效"],
  "isv.invalid-method": ["40002", "不存在的方法名"],
  "isv.invalid-format": ["40002", "数据格式无效"],
  "isv.invalid-signature-type": ["40002", "签名类型无效"],
  "isv.invalid-signature": ["40002", "验签出错"],
  "isv.invalid-app-id": ["40002", "无效的 AppID 参数"],
  "isv.invalid-timestamp": ["40002", "时间戳参数无效"],
  "isv.invalid-charset": ["40002", "字符集无效"],
  "isv.invalid-content-type": ["40002", "内容类型无效"],
  "isv.suspected-attack": ["40002", "请求疑似攻击"],
  "isv.missing-signature-config": ["40003", "未配置对应的公钥或证书"],
  "isv.app-call-limited": ["40005", "应用调用次数超限"],
  "isv.method-call-limited": ["40005", "方法调用次数超限"],
  "isv.insufficient-isv-permissions": ["40006", "权限不足"]
} as const

/** What the trade and bill services refuse: 40004, signed. */
const ofBusiness = {
  "ACQ.SYSTEM_ERROR": "系统错误",
  "aop.ACQ.SYSTEM_ERROR": "系统错误",
  "AQC.SYSTEM_ERROR": "系统错误",
  "ACQ.ACCESS_FORBIDDEN": "没有此接口的权限",
  "ACQ.PARTNER_ERROR": "商户身份不符",
  "ACQ.INVALID_PARAMETER": "参数无效",
  "ACQ.TOTAL_FEE_EXCEED": "订单金额超限",
  "ACQ.EXIST_FORBIDDEN_WORD": "订单信息含有违禁词",
  "ACQ.BUYER_SELLER_EQUAL": "买卖双方不能相同",
  "ACQ.BEYOND_PAY_RESTRICTION": "商户收款额度超限",
  "ACQ.BEYOND_PER_RECEIPT_RESTRICTION": "商户单笔收款金额超限",
  "ACQ.BEYOND_PER_RECEIPT_DAY_RESTRICTION": "商户当日收款金额超限",
  "ACQ.MERCHANT_PERM_RECEIPT_SUSPEND_LIMIT": "商户暂停收款",
  "ACQ.MERCHANT_PERM_RECEIPT_DAY_LIMIT": "商户当日收款额度已用完",
  "ACQ.MERCHANT_STATUS_NOT_NORMAL": "商户状态异常",
  "ACQ.SELLER_BEEN_BLOCKED": "商户账号被冻结",
  "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR": "当前时间已超过允许支付的时间",
  "ACQ.BUYER_ENABLE_STATUS_FORBID": "买家状态不可用",
  "ACQ.CONTEXT_INCONSISTENT": "同一订单号的交易信息不一致",
  "ACQ.APPLY_PC_MERCHANT_CODE_ERROR": "申请二维码失败",
  "ACQ.TRADE_BUYER_NOT_MATCH": "交易买家不匹配",
  "ACQ.TRADE_HAS_SUCCESS": "交易已支付",
  "ACQ.TRADE_HAS_CLOSE": "交易已关闭",
  "ACQ.TRADE_NOT_EXIST": "交易不存在",
  TRADE_NOT_EXIST: "交易不存在",
  "ACQ.TRADE_STATUS_ERROR": "交易状态不合法",
  "ACQ.REASON_TRADE_STATUS_INVALID": "交易状态不允许此操作",
  "ACQ.REASON_ILLEGAL_STATUS": "交易状态异常",
  "ACQ.TRADE_HAS_FINISHED": "交易已完结",
  "ACQ.TRADE_NOT_ALLOW_REFUND": "交易不允许退款",
  "ACQ.NOT_ALLOW_PARTIAL_REFUND": "交易不支持部分退款",
  "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL": "退款金额超限",
  "ACQ.REASON_TRADE_REFUND_FEE_ERR": "退款金额无效",
  "ACQ.REFUND_FEE_ERROR": "退款金额有误",
  "ACQ.DISCORDANT_REPEAT_REQUEST": "同一退款请求号的金额不一致",
  "ACQ.SELLER_BALANCE_NOT_ENOUGH": "商户余额不足",
  "ACQ.REASON_TRADE_BEEN_FREEZEN": "交易被冻结",
  "ACQ.REFUNDALLOC_UNAUTH_LIMIT": "退分账账户未授权",
  "ACQ.TRADE_CANCEL_TIME_OUT": "超过撤销时间",
  "ACQ.CANCEL_NOT_ALLOWED": "交易不允许撤销",
  NO_BILL_DATA: "账单没有数据",
  BILL_NOT_EXIST: "账单不存在",
  INVAILID_ARGUMENTS: "入参不合法",
  SYSTEM_RATE_LIMIT: "系统繁忙，请稍后重试",
  USER_RATE_LIMIT: "调用过于频繁"
} as const

/** The vendor's detailed codes, as they are spelt. */
export type SubCode = keyof typeof ofGateway | keyof typeof ofBusiness

const isOfGateway = (subCode: SubCode): subCode is keyof typeof ofGateway => Object.hasOwn(ofGateway, subCode)

/** Why a call is not done, in the vendor's codes; `about` is the merchant's number, which a business refusal repeats. */
export class Refusal extends Error {
  readonly subCode: SubCode
  readonly about: string | undefined

  constructor(subCode: SubCode, parts: { readonly detail?: string; readonly about?: string | undefined } = {}) {
    const said = isOfGateway(subCode) ? ofGateway[subCode][1] : ofBusiness[subCode]
    super(parts.detail === undefined ? said : `${said}，${parts.detail}`)
    this.subCode = subCode
    this.about = parts.about
  }

  /** Whether its answer is signed: the gateway's own are not. */
  get isSigned(): boolean {
    return !isOfGateway(this.subCode)
  }

  /** The members of the answer. */
  get fields(): { readonly [name: string]: string } {
    const code = isOfGateway(this.subCode) ? ofGateway[this.subCode][0] : "40004"
    const about = this.about === undefined || !this.isSigned ? {} : { out_trade_no: this.about }
    return { code, msg: messages[code], sub_code: this.subCode, sub_msg: this.message, ...about }
  }
}

/** The code that a text asks for in brackets, like `[ACQ.SELLER_BALANCE_NOT_ENOUGH]`: a merchant's way to see a refusal that needs circumstances. */
export const staged = (text: string | undefined): SubCode | undefined => {
  const name = /\[([\w.-]+)\]/.exec(text ?? "")?.[1] ?? ""
  return Object.hasOwn(ofGateway, name) || Object.hasOwn(ofBusiness, name) ? (name as SubCode) : undefined
}
