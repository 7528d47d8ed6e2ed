import { Currency, Money } from "@payment-proxy/domain"
import type { OrderFilter } from "@payment-proxy/ports"

/** An operator who is signed in, as his browser calls. */
export interface Browser {
  /** The status and the text of an answer, once it is all there. */
  readonly get: (path: string) => Promise<{ readonly status: number; readonly text: string }>
  /** Reads a stream until `signal`: each piece as it comes. */
  readonly follow: (path: string, signal: AbortSignal, onText: (text: string) => void) => Promise<void>
}

/** Signs in over HTTP. */
export const signIn = async (url: string, operator: string, password: string): Promise<Browser> => {
  const answer = await fetch(`${url}/admin/session`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url },
    body: JSON.stringify({ operator, password })
  })
  if (!answer.ok) throw new Error(`Nobody is let in: ${await answer.text()}`)
  const cookie = (answer.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? ""
  return {
    get: async (path) => {
      const response = await fetch(`${url}${path}`, { headers: { cookie } })
      return { status: response.status, text: await response.text() }
    },
    follow: async (path, signal, onText) => {
      const response = await fetch(`${url}${path}`, { headers: { cookie }, signal })
      if (!response.ok || response.body === null) throw new Error(`${path}: ${await response.text()}`)
      const decoder = new TextDecoder()
      for await (const piece of response.body) onText(decoder.decode(piece, { stream: true }))
    }
  }
}

/** A filter as the parameters of a page's address; money in major units. */
export const parametersOf = (filter: Partial<OrderFilter>): URLSearchParams => {
  const { number, state, vendor, app, method, currency, amountFromMinor, amountToMinor } = filter
  const major = (amountMinor: bigint | null | undefined) =>
    amountMinor === null || amountMinor === undefined || !Currency.is(String(currency))
      ? null
      : Money.format(Money.make(amountMinor, String(currency) as Currency.Currency))
  const time = (millis: number | null | undefined) =>
    typeof millis === "number" ? new Date(millis).toISOString() : null
  const all = {
    number,
    status: state,
    vendor,
    app,
    method,
    currency,
    amountFrom: major(amountFromMinor),
    amountTo: major(amountToMinor),
    createdFrom: time(filter.createdFromMillis),
    createdTo: time(filter.createdToMillis)
  }
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(all))
    if (value !== null && value !== undefined) given.set(name, String(value))
  return given
}
