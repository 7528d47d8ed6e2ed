/** Whether a text is JSON. */
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return /^\s*[[{]/.test(text)
  } catch {
    return false
  }
}

/** JSON with its structure on lines; every digit and every escape stays as it came. */
const indented = (text: string): string => {
  let out = ""
  let depth = 0
  const line = () => `\n${"  ".repeat(depth)}`
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g)) {
    if (token === "{" || token === "[") {
      depth += 1
      out += token + line()
    } else if (token === "}" || token === "]") {
      depth -= 1
      out = /[{[]\s*$/.test(out) ? out.trimEnd() + token : out + line() + token
    } else if (token === ",") out += `,${line()}`
    else out += token === ":" ? ": " : token
  }
  return out
}

const form = /^[\w.[\]-]+=[^&\s]*(?:&[\w.[\]-]+=[^&\s]*)*$/

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    return text
  }
}

/** A raw answer as people can read it: JSON on lines, a form's fields one a line, anything else as it came. */
export const pretty = (text: string): string => {
  if (isJson(text)) return indented(text)
  if (form.test(text))
    return text
      .split("&")
      .map((pair) => {
        const at = pair.indexOf("=")
        return `${decoded(pair.slice(0, at))} = ${decoded(pair.slice(at + 1))}`
      })
      .join("\n")
  return text
}
