const maxLength = 4096

/** What a vendor said, for operators to look at: at most 4 KB, its values, long words, addresses and digits masked. */
export const redacted = (text: string): string =>
  text
    .slice(0, maxLength)
    .replace(/(:\s*)"(?:[^"\\]|\\.)*"?/g, '$1"…"')
    .replace(/[\w.+-]+@[\w.-]+/g, "…@…")
    .replace(/[A-Za-z0-9_-]{20,}/g, "…")
    .replace(/\d{3,}/g, "###")
    .replace(/\p{Cc}/gu, " ")
