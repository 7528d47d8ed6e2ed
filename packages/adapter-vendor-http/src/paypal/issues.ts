/**
 * What an issue of PayPal's means for the call that it answers (vendors' reference §4e).
 * `unaccepted`: this call was not accepted. `ours`: not accepted, for what is ours: account, permissions, features.
 * `again`: the payer has to act again, the order lives. `refused`: the payment is refused for good. `done`: it was done before.
 * `over`: what it was about has ended. `later`: not accepted now. `doubt`: it may have been accepted.
 */
export type Meaning = "unaccepted" | "ours" | "again" | "refused" | "done" | "over" | "later" | "doubt"

const of = (meaning: Meaning, ...issues: ReadonlyArray<string>): ReadonlyArray<readonly [string, Meaning]> =>
  issues.map((issue) => [issue, meaning])

/** The issues that the reference and the vendor's API description (Orders v2, Payments v2) know for the calls that are made here. */
const table: ReadonlyMap<string, Meaning> = new Map([
  ...of(
    "unaccepted",
    "MALFORMED_REQUEST_JSON",
    "MALFORMED_REQUEST",
    "MISSING_REQUIRED_PARAMETER",
    "INVALID_PARAMETER",
    "INVALID_PARAMETER_VALUE",
    "INVALID_PARAMETER_SYNTAX",
    "INVALID_STRING_LENGTH",
    "INVALID_STRING_MAX_LENGTH",
    "INVALID_ARRAY_MAX_ITEMS",
    "INVALID_ARRAY_MIN_ITEMS",
    "INVALID_COUNTRY_CODE",
    "INVALID_CURRENCY_CODE",
    "CURRENCY_NOT_SUPPORTED",
    "NOT_SUPPORTED",
    "PAYPAL_REQUEST_ID_REQUIRED",
    "AMOUNT_MISMATCH",
    "AMOUNT_CANNOT_BE_SPECIFIED",
    "CANNOT_BE_NEGATIVE",
    "CANNOT_BE_ZERO_OR_NEGATIVE",
    "DECIMAL_PRECISION",
    "DECIMALS_NOT_SUPPORTED",
    "MAX_VALUE_EXCEEDED",
    "MULTI_CURRENCY_ORDER",
    "ITEM_TOTAL_MISMATCH",
    "ITEM_TOTAL_REQUIRED",
    "INCOMPATIBLE_PARAMETER_VALUE",
    "ONE_OF_PARAMETERS_REQUIRED",
    "REFERENCE_ID_REQUIRED",
    "DUPLICATE_REFERENCE_ID",
    "UNSUPPORTED_INTENT",
    "UNSUPPORTED_INTENT_FOR_PAYMENT_SOURCE",
    "UNSUPPORTED_PAYMENT_INSTRUCTION",
    "UNSUPPORTED_PROCESSING_INSTRUCTION",
    "UNSUPPORTED_SHIPPING_TYPE",
    "PAYMENT_SOURCE_CANNOT_BE_USED",
    "PAYMENT_SOURCE_MISMATCH",
    "PAYMENT_SOURCE_NOT_SUPPORTED",
    "RETURN_URL_REQUIRED",
    "CANCEL_URL_REQUIRED",
    "ACTION_DOES_NOT_MATCH_INTENT",
    "DOMESTIC_TRANSACTION_REQUIRED",
    "MAX_AUTHORIZATION_COUNT_EXCEEDED",
    "AUTHORIZATION_AMOUNT_EXCEEDED",
    "AUTHORIZATION_CURRENCY_MISMATCH",
    "AUTH_CAPTURE_CURRENCY_MISMATCH",
    "MAX_CAPTURE_AMOUNT_EXCEEDED",
    "MAX_CAPTURE_COUNT_EXCEEDED",
    "REFUND_AMOUNT_EXCEEDED",
    "REFUND_AMOUNT_TOO_LOW",
    "REFUND_CAPTURE_CURRENCY_MISMATCH",
    "REFUND_TIME_LIMIT_EXCEEDED",
    "PARTIAL_REFUND_NOT_ALLOWED",
    "REFUND_NOT_ALLOWED",
    "REFUND_IS_RESTRICTED",
    "MAX_NUMBER_OF_REFUNDS_EXCEEDED",
    "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK",
    "CURRENCY_MISMATCH",
    "CURRENCY_NOT_SUPPORTED",
    "CURRENCY_NOT_SUPPORTED_FOR_COUNTRY",
    "CURRENCY_NOT_SUPPORTED_FOR_CARD_TYPE",
    "CANNOT_BE_VOIDED"
  ),
  ...of(
    "ours",
    "PERMISSION_DENIED",
    "CONSENT_NEEDED",
    "NOT_AUTHORIZED",
    "INVALID_ACCOUNT_STATUS",
    "AUTHENTICATION_FAILURE",
    "AUTH_CAPTURE_NOT_ENABLED",
    "PAYEE_ACCOUNT_INVALID",
    "PAYEE_ACCOUNT_LOCKED_OR_CLOSED",
    "PAYEE_ACCOUNT_RESTRICTED",
    "PAYEE_ACCOUNT_NOT_VERIFIED",
    "TRANSACTION_RECEIVING_LIMIT_EXCEEDED"
  ),
  ...of(
    "again",
    "INSTRUMENT_DECLINED",
    "PAYER_ACTION_REQUIRED",
    "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING",
    "ORDER_NOT_APPROVED"
  ),
  ...of(
    "refused",
    "TRANSACTION_REFUSED",
    "PAYER_CANNOT_PAY",
    "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
    "PAYER_ACCOUNT_RESTRICTED",
    "TRANSACTION_LIMIT_EXCEEDED",
    "COMPLIANCE_VIOLATION",
    "PAYEE_BLOCKED_TRANSACTION",
    "TRANSACTION_BLOCKED_BY_PAYEE"
  ),
  ...of(
    "done",
    "ORDER_ALREADY_CAPTURED",
    "ORDER_ALREADY_AUTHORIZED",
    "ORDER_ALREADY_COMPLETED",
    "PREVIOUSLY_CAPTURED",
    "AUTHORIZATION_ALREADY_CAPTURED",
    "CAPTURE_FULLY_REFUNDED"
  ),
  ...of(
    "over",
    "ORDER_EXPIRED",
    "ORDER_COMPLETED_OR_VOIDED",
    "PREVIOUSLY_VOIDED",
    "AUTHORIZATION_VOIDED",
    "AUTHORIZATION_DENIED",
    "AUTHORIZATION_EXPIRED"
  ),
  ...of("later", "REFUND_FAILED_INSUFFICIENT_FUNDS", "PENDING_CAPTURE", "TRANSACTION_DISPUTED", "RATE_LIMIT_REACHED"),
  ...of(
    "doubt",
    "PREVIOUS_REQUEST_IN_PROGRESS",
    "ORDER_COMPLETION_IN_PROGRESS",
    "DUPLICATE_INVOICE_ID",
    "DUPLICATE_REQUEST_ID",
    "PAYPAL_REQUEST_ID_PREVIOUSLY_USED"
  )
])

/** What an issue means; one that nobody documents is in doubt. */
export const meaningOf = (issue: string): Meaning => table.get(issue) ?? "doubt"

/** Every issue that is known, with its meaning. */
export const all: ReadonlyArray<readonly [string, Meaning]> = [...table]
