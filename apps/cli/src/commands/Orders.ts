import { Command } from "@effect/cli"
import * as Layers from "../Layers.ts"
import { approve, held, reject, resolve } from "./orders/Held.ts"
import { list } from "./orders/List.ts"
import { acceptCommand, captureCommand, closeCommand, refundCommand, syncCommand } from "./orders/Moves.ts"
import { show } from "./orders/Show.ts"

/** `payment-proxy orders …`; what only looks or proposes needs no vendor. */
export const orders = Command.make("orders").pipe(
  Command.withDescription("Orders and refunds: what became of them, and what can be done"),
  Command.withSubcommands([
    show.pipe(Command.provide(Layers.stores)),
    list.pipe(Command.provide(Layers.stores)),
    syncCommand.pipe(Command.provide(Layers.whole)),
    closeCommand.pipe(Command.provide(Layers.whole)),
    refundCommand.pipe(Command.provide(Layers.whole)),
    captureCommand.pipe(Command.provide(Layers.whole)),
    acceptCommand.pipe(Command.provide(Layers.whole)),
    held.pipe(Command.provide(Layers.stores)),
    resolve.pipe(Command.provide(Layers.stores)),
    approve.pipe(Command.provide(Layers.whole)),
    reject.pipe(Command.provide(Layers.stores))
  ])
)
