import "@mantine/core/styles.css"
import "./theme.css"
import "./app.css"
import { MantineProvider } from "@mantine/core"
import { QueryClient, QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { useEffect, useMemo, useState } from "react"
import { Refused } from "./Admin.ts"
import { router } from "./router.tsx"
import { SessionProvider } from "./session.tsx"
import { theme } from "./theme.ts"
import { initialLanguage, type Language, LanguageContext } from "./words/Words.ts"

/** Only what may pass is asked again by itself: the store, the network. */
const isPassing = (error: unknown): boolean =>
  error instanceof Refused && (error.code === "STORE_UNAVAILABLE" || error.code === "UNREACHABLE")

const client = new QueryClient({
  defaultOptions: {
    queries: { retry: (count, error) => count < 1 && isPassing(error), staleTime: 5000 },
    mutations: { retry: false }
  }
})

/** The console with all that its pages stand on. */
export const Root = () => {
  const [language, setLanguage] = useState<Language>(initialLanguage)
  useEffect(() => {
    localStorage.setItem("language", language)
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en"
  }, [language])
  const chosen = useMemo(() => ({ language, setLanguage }), [language])
  return (
    <LanguageContext value={chosen}>
      <MantineProvider
        theme={theme}
        defaultColorScheme="auto"
        withCssVariables={false}
        withGlobalClasses={false}
        withStaticClasses={false}
      >
        <QueryClientProvider client={client}>
          <SessionProvider>
            <RouterProvider router={router} />
          </SessionProvider>
        </QueryClientProvider>
      </MantineProvider>
    </LanguageContext>
  )
}
