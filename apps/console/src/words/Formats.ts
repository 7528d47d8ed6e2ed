import { useMemo } from "react"
import { type Language, useLanguage } from "./Words.ts"

const locales: Readonly<Record<Language, string>> = { en: "en-GB", zh: "zh-CN" }

// British durations have plurals (2 mins), which British times ago (2 min ago) do not have.
const durations: Readonly<Record<Language, string>> = { en: "en-US", zh: "zh-CN" }

/** The digits of an amount, those of its whole part in groups. */
const grouped = (value: string): string => {
  const [whole = "0", part] = value.split(".")
  const groups = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",")
  return part === undefined ? groups : `${groups}.${part}`
}

/** Times, amounts and counts as people of a language write them; times are the browser's own, with the zone where asked. */
export const formats = (language: Language) => {
  const locale = locales[language]
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" })
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" })
  const minute = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" })
  const count = new Intl.NumberFormat(locale)
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 })
  const tenths = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" })
  return {
    dateTime: (iso: string) => dateTime.format(new Date(iso)),
    clock: (iso: string) => clock.format(new Date(iso)),
    minute: (iso: string) => minute.format(new Date(iso)),
    count: (value: number) => count.format(value),
    percent: (share: number) => percent.format(share),
    /** 88 ms, 1.2 s. */
    millis: (value: number) =>
      value < 1000 ? `${count.format(Math.round(value))} ms` : `${tenths.format(value / 1000)} s`,
    grouped,
    /** An amount as the API has it: its digits are not touched, only grouped. */
    amount: ({ value, currency }: { readonly value: string; readonly currency: string }) =>
      `${grouped(value)} ${currency}`,
    /** How long, in the largest unit that fits: 42 sec, 3 min, 2 hr, 5 days. */
    duration: (seconds: number) => {
      const [amount, unit] =
        seconds < 60
          ? ([Math.round(seconds), "second"] as const)
          : seconds < 3600
            ? ([Math.round(seconds / 60), "minute"] as const)
            : seconds < 86_400
              ? ([Math.round(seconds / 3600), "hour"] as const)
              : ([Math.round(seconds / 86_400), "day"] as const)
      return new Intl.NumberFormat(durations[language], { style: "unit", unit, unitDisplay: "short" }).format(amount)
    },
    ago: (iso: string, nowMillis: number) => {
      const seconds = Math.round((Date.parse(iso) - nowMillis) / 1000)
      const size = Math.abs(seconds)
      if (size < 60) return relative.format(seconds, "second")
      if (size < 3600) return relative.format(Math.round(seconds / 60), "minute")
      if (size < 86_400) return relative.format(Math.round(seconds / 3600), "hour")
      return relative.format(Math.round(seconds / 86_400), "day")
    }
  }
}

/** The formats of the language in force. */
export const useFormats = () => {
  const language = useLanguage()
  return useMemo(() => formats(language), [language])
}
