import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core"
import { IconLanguage, IconMoon, IconSun } from "@tabler/icons-react"
import { useContext } from "react"
import { shell } from "../words/shell.ts"
import { LanguageContext, languages, useWords } from "../words/Words.ts"
import css from "./shell.module.css"

/** Changes to the other language: said in that one. */
export const LanguageSwitch = () => {
  const { language, setLanguage } = useContext(LanguageContext)
  const other = language === "en" ? "zh" : "en"
  return (
    <button
      type="button"
      className={css["switch"]}
      lang={other === "zh" ? "zh-CN" : "en"}
      onClick={() => setLanguage(other)}
    >
      <IconLanguage size={18} aria-hidden />
      {languages[other]}
    </button>
  )
}

/** Changes to the other colours. */
export const SchemeSwitch = () => {
  const text = useWords(shell)
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme("light")
  const label = scheme === "light" ? text.toDark : text.toLight
  return (
    <button
      type="button"
      className={css["switch"]}
      onClick={() => setColorScheme(scheme === "light" ? "dark" : "light")}
      aria-label={label}
      title={label}
    >
      {scheme === "light" ? <IconMoon size={18} aria-hidden /> : <IconSun size={18} aria-hidden />}
    </button>
  )
}
