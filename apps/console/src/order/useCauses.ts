import { answers, causes, commands, held, kinds, sources } from "../words/causes.ts"
import { useWords } from "../words/Words.ts"
import * as Causes from "./Causes.ts"

/** The word of a map, or the key where it has none. */
const word = (texts: unknown, key: string): string => {
  const found = Object.hasOwn(texts as object, key) ? (texts as Readonly<Record<string, unknown>>)[key] : undefined
  return typeof found === "string" ? found : key
}

/** What a source is called where it speaks of a refund. */
const refundSources: Readonly<Record<string, string>> = { operation: "refund", query: "queryRefund" }

/** Says in plain words what made a row of history, and why something is held. */
export const useCauses = () => {
  const t = useWords(causes)
  const [ofCommands, ofSources, ofKinds, ofAnswers, ofHeld] = [
    useWords(commands),
    useWords(sources),
    useWords(kinds),
    useWords(answers),
    useWords(held)
  ]
  /** `isOfRefund`: history says of a refund as of a capture that its call was answered. */
  const cause = (text: string, isOfRefund: boolean): string => {
    const read = Causes.read(text)
    switch (read.by) {
      case "command":
        return word(ofCommands, read.name)
      case "vendor":
        return t.said(
          word(ofSources, isOfRefund ? (refundSources[read.source] ?? read.source) : read.source),
          word(ofKinds, read.kind)
        )
      case "answer":
        return t.said(read.of === "answer" ? t.callOf : word(ofCommands, read.of), word(ofAnswers, read.tag))
      case "refund":
        return t.refund(word(t, `refund_${read.state}`).replace(/^refund_/, ""))
      case "unknown":
        return read.text
    }
  }
  const known = (text: string): string | null => {
    const { word: code, kind } = Causes.heldReason(text)
    if (!Object.hasOwn(ofHeld, code)) return null
    return kind === null ? word(ofHeld, code) : t.said(word(ofHeld, code), word(ofKinds, kind))
  }
  return {
    cause,
    heldBecause: (text: string) => known(text) ?? t.said(ofHeld.other, text),
    /** Why an order is in trouble: in plain words where it is held for a known reason, else as it was noted. */
    trouble: (text: string) => known(text) ?? text,
    kind: (text: string) => word(ofKinds, text),
    source: (text: string) => word(ofSources, text)
  }
}
