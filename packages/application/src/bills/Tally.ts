import type { Payment } from "@payment-proxy/domain"
import { Money } from "@payment-proxy/domain"
import type { BillLine, Counted, DisputedOrder } from "@payment-proxy/ports"
import { BigDecimal } from "effect"
import * as Fee from "./Fee.ts"

interface Sum {
  readonly currency: Money.Money["currency"]
  inMinor: bigint
  outMinor: bigint
  fee: BigDecimal.BigDecimal
}

const maxDisputes = 1000

const zero = BigDecimal.make(0n, 0)

/** What a run counts as it goes. */
export class Tally {
  readonly #sums = new Map<string, Sum>()
  readonly #disputes: Array<DisputedOrder> = []
  lines = 0
  others = 0
  matched = 0
  differences = 0

  line({ kind, state, amount, direction, fee }: BillLine): void {
    this.lines += 1
    if (kind === "other") {
      this.others += 1
      return
    }
    if (state !== "succeeded") return
    const sum = this.#sums.get(amount.currency) ?? { currency: amount.currency, inMinor: 0n, outMinor: 0n, fee: zero }
    if (direction === "in") sum.inMinor += amount.amountMinor
    else sum.outMinor += amount.amountMinor
    sum.fee = Fee.added(sum.fee, fee)
    this.#sums.set(amount.currency, sum)
  }

  disputed({ payOrderNo, amount, disputes }: Payment.Payment): void {
    for (const { disputeNo, amountMinor, state } of disputes)
      if (state !== "won" && this.#disputes.length < maxDisputes)
        this.#disputes.push({ payOrderNo, disputeNo, amount: Money.make(amountMinor, amount.currency), state })
  }

  counted(): Counted {
    const { lines, others, matched } = this
    return {
      lines,
      others,
      matched,
      totals: [...this.#sums.values()]
        .sort((a, b) => (a.currency < b.currency ? -1 : 1))
        .map(({ currency, inMinor, outMinor, fee }) => ({
          in: Money.make(inMinor, currency),
          out: Money.make(outMinor, currency),
          fee: BigDecimal.format(fee)
        })),
      disputes: [...new Map(this.#disputes.map((one) => [`${one.payOrderNo} ${one.disputeNo}`, one])).values()]
    }
  }
}
