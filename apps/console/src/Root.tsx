import "@mantine/core/styles.css"
import { createTheme, MantineProvider } from "@mantine/core"
import { QueryClient, QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { useMemo, useState } from "react"
import { router } from "./router.tsx"
import { initialLanguage, type Language, LanguageContext } from "./words/Words.ts"

const theme = createTheme({ primaryColor: "teal", defaultRadius: "md" })
const client = new QueryClient({ defaultOptions: { queries: { retry: 1, staleTime: 5000 } } })

/** The console with all that its pages stand on. */
export const Root = () => {
  const [language, setLanguage] = useState<Language>(initialLanguage)
  const chosen = useMemo(
    () => ({
      language,
      setLanguage: (next: Language) => {
        localStorage.setItem("language", next)
        document.documentElement.lang = next === "zh" ? "zh-CN" : "en"
        setLanguage(next)
      }
    }),
    [language]
  )
  return (
    <LanguageContext value={chosen}>
      <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withStaticClasses={false}>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </LanguageContext>
  )
}
