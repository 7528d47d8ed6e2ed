/** Where the subject of a deed is shown, below /console; null where it has no page. */
export const placeOf = (action: string, subject: string): string | null => {
  const [group = ""] = action.split(".")
  const whole = encodeURIComponent(subject)
  switch (group) {
    case "order":
      // An export's subject is its filter.
      return /^[0-9A-Za-z]{20,40}$/.test(subject) ? `/orders/${whole}` : null
    case "app":
    case "key":
    case "endpoint":
    case "secret":
      return `/apps/${whole}`
    case "vendor":
      return "/vendors"
    case "operator":
      return "/operators"
    case "day":
    case "difference": {
      const [vendor, day] = subject.split("/")
      return vendor === undefined || day === undefined
        ? null
        : `/reconciliation/${encodeURIComponent(vendor)}/${encodeURIComponent(day)}`
    }
    default:
      return null
  }
}
