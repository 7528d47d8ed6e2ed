/** At most `most` UTF-16 units of a text, none of its characters halved. */
const cut = (text: string, most: number): string => {
  const head = text.slice(0, most)
  return head.isWellFormed() ? head : head.slice(0, -1)
}

/** A text as Alipay takes it: well-formed, in one line, no blanks around it, at most `most` characters. */
export const cleaned = (text: string, most: number): string =>
  cut(
    text
      .toWellFormed()
      .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
      .trim(),
    most
  ).trimEnd()

/** A subject as Alipay takes it: without `/`, `=` and `&`, each of which becomes a blank. */
export const subject = (description: string): string => cleaned(description.replace(/[/=&]+/g, " "), 256)
