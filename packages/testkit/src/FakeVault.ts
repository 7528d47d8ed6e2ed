import { Unsealable, Vault } from "@payment-proxy/ports"
import { Effect, Layer } from "effect"

const mark = "sealed by a fake:"

const sealed = (context: string, text: string): string =>
  mark + Buffer.from(JSON.stringify({ context, text }), "utf8").toString("base64url")

const open: Vault["Type"]["open"] = (context, text) =>
  Effect.gen(function* () {
    const body = text.startsWith(mark) ? Buffer.from(text.slice(mark.length), "base64url").toString("utf8") : "{}"
    const held = yield* Effect.try({
      try: () => JSON.parse(body) as { readonly context?: string; readonly text?: string },
      catch: () => new Unsealable({ context })
    })
    return held.context === context && held.text !== undefined ? held.text : yield* new Unsealable({ context })
  })

/** A vault that hides nothing from a debugger, but that a test can tell from plain text: sealed text is marked and encoded. */
export const make = Vault.of({
  seal: (context, text) => Effect.succeed(sealed(context, text)),
  open,
  rewrap: (context, text) => Effect.map(open(context, text), (opened) => sealed(context, opened)),
  keyIdOf: (text) => (text.startsWith(mark) ? "fake" : null)
})

/** Whether a text is what `seal` made. */
export const isSealed = (text: string): boolean => text.startsWith(mark)

export const layer: Layer.Layer<Vault> = Layer.succeed(Vault, make)
