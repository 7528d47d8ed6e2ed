/** What the acquirer says to a card. */
export interface Outcome {
  readonly result: "SUCCESS" | "FAILURE" | "PENDING" | "UNKNOWN"
  readonly gatewayCode: string
  readonly acquirerCode: string | null
}

/** A test card: payers choose it by its name, and no number of a card is ever asked for. */
export interface Card {
  readonly name: string
  readonly scheme: "MASTERCARD" | "VISA"
  /** As the gateway shows a number: never the whole of one. */
  readonly masked: string
  readonly label: { readonly en: string; readonly zh: string }
  readonly outcome: Outcome
  /** Whether its issuer wants the payer to prove who they are (3-D Secure). */
  readonly challenge: boolean
}

/** What the acquirer says to a transaction that goes through. */
export const approved: Outcome = { result: "SUCCESS", gatewayCode: "APPROVED", acquirerCode: "00" }
/** What the acquirer says where it takes no money. */
export const declined: Outcome = { result: "FAILURE", gatewayCode: "DECLINED", acquirerCode: "05" }
/** What is known of a transaction whose answer is still to come. */
export const pending: Outcome = { result: "PENDING", gatewayCode: "SUBMITTED", acquirerCode: null }
/** What is known of a transaction whose answer was lost. */
export const unknown: Outcome = { result: "UNKNOWN", gatewayCode: "UNKNOWN", acquirerCode: null }

const mastercard = { scheme: "MASTERCARD", masked: "512345xxxxxx0008" } as const
const visa = { scheme: "VISA", masked: "450875xxxxxx1019" } as const

/** The test cards, in the order in which the page shows them; the first is chosen at first. */
export const all: ReadonlyArray<Card> = [
  {
    name: "mastercard-approved",
    ...mastercard,
    label: { en: "Approved", zh: "付款成功" },
    outcome: approved,
    challenge: false
  },
  { name: "visa-approved", ...visa, label: { en: "Approved", zh: "付款成功" }, outcome: approved, challenge: false },
  {
    name: "mastercard-3ds",
    ...mastercard,
    label: { en: "3-D Secure", zh: "3-D 验证" },
    outcome: approved,
    challenge: true
  },
  {
    name: "mastercard-insufficient-funds",
    ...mastercard,
    label: { en: "Insufficient funds", zh: "余额不足" },
    outcome: { result: "FAILURE", gatewayCode: "INSUFFICIENT_FUNDS", acquirerCode: "51" },
    challenge: false
  },
  {
    name: "visa-expired",
    ...visa,
    label: { en: "Expired card", zh: "卡已过期" },
    outcome: { result: "FAILURE", gatewayCode: "EXPIRED_CARD", acquirerCode: "54" },
    challenge: false
  },
  { name: "visa-pending", ...visa, label: { en: "Answer later", zh: "稍后答复" }, outcome: pending, challenge: false },
  { name: "visa-unknown", ...visa, label: { en: "Answer lost", zh: "答复丢失" }, outcome: unknown, challenge: false }
]

/** The test card of this name. */
export const named = (name: string | null | undefined): Card | undefined => all.find((card) => card.name === name)
