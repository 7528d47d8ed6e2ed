import type { Make } from "../Vendor.ts"
import { Api } from "./Api.ts"
import { Book } from "./Book.ts"
import { Desk } from "./Desk.ts"
import { Keys } from "./Keys.ts"
import { Notices } from "./Notices.ts"
import { Payer } from "./Payer.ts"
import { Trade } from "./Trade.ts"
import { Wire } from "./Wire.ts"

/** Brings up WeChat Pay, API v3, for one direct merchant. */
export const make: Make = async (kit) => {
  const book = new Book(kit.changes(), (change) => kit.write(change))
  const keys = await Keys.open(kit, book.certificates)
  const wire = new Wire(kit.clock)
  const notices = new Notices(kit, keys, book, wire)
  const trade = new Trade(kit, keys, book, notices)
  const api = new Api(kit, trade, wire)
  const payer = new Payer(kit, trade)
  const desk = new Desk(trade)
  notices.resume(kit.clock.now())
  return {
    get credentials() {
      return keys.credentials
    },
    handle: async (call, response) => {
      if (!(await payer.handle(call, response))) await api.handle(call, response)
    },
    held: () => book.held(kit.name),
    decide: (number, decision) => desk.decide(number, decision),
    sweep: () => trade.sweep()
  }
}
