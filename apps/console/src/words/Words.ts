import { createContext, useContext } from "react"

/** The languages of the console. */
export const languages = { en: "English", zh: "中文" } as const
export type Language = keyof typeof languages

type Text = string | ((...given: ReadonlyArray<never>) => string)
type Wide<W> = { readonly [K in keyof W]: W[K] extends string ? string : W[K] }

/** Texts of one part of the console in every language: the compiler sees one that lacks. */
export const words = <W extends Readonly<Record<string, Text>>>(
  en: W,
  zh: Wide<W>
): Readonly<Record<Language, Wide<W>>> => ({ en: en as Wide<W>, zh })

/** The language in force, and how to change it. */
export const LanguageContext = createContext<{
  readonly language: Language
  readonly setLanguage: (language: Language) => void
}>({ language: "en", setLanguage: () => {} })

/** The language in force. */
export const useLanguage = (): Language => useContext(LanguageContext).language

/** The texts of a part in the language in force. */
export const useWords = <T>(texts: Readonly<Record<Language, T>>): T => texts[useLanguage()]

/** The language that was chosen before, or the browser's. */
export const initialLanguage = (): Language => {
  const chosen = localStorage.getItem("language")
  if (chosen === "en" || chosen === "zh") return chosen
  return navigator.languages
    .find((tag) => /^(en|zh)/i.test(tag))
    ?.toLowerCase()
    .startsWith("zh")
    ? "zh"
    : "en"
}
