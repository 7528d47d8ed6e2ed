import { Drawer } from "@mantine/core"
import { IconMenu2 } from "@tabler/icons-react"
import { Link, Outlet, useRouter, useRouterState } from "@tanstack/react-router"
import { useEffect, useState } from "react"
import { Empty } from "../parts/Empty.tsx"
import { Bones } from "../parts/Loaded.tsx"
import { Page } from "../parts/Page.tsx"
import { Problem } from "../parts/Problem.tsx"
import { Toasts } from "../parts/Toasts.tsx"
import { useSigned } from "../session.tsx"
import { shell } from "../words/shell.ts"
import { useWords } from "../words/Words.ts"
import { Ending } from "./Ending.tsx"
import { Brand, Navigation } from "./Navigation.tsx"
import { SignIn } from "./SignIn.tsx"
import { SchemeSwitch } from "./Switches.tsx"
import css from "./shell.module.css"

/** After going to another page its heading has the focus, or the part that was gone to: it is read, and the keyboard goes on from there. */
const useHeadingFocus = (): void => {
  const router = useRouter()
  useEffect(
    () =>
      router.subscribe("onRendered", ({ fromLocation, toLocation, pathChanged }) => {
        if (fromLocation === undefined) return
        if (toLocation.hash !== "") return document.getElementById(toLocation.hash)?.focus({ preventScroll: true })
        if (pathChanged) document.querySelector<HTMLElement>("#content h1")?.focus({ preventScroll: true })
      }),
    [router]
  )
}

const Frame = () => {
  const text = useWords(shell)
  const [isOpen, setOpen] = useState(false)
  const path = useRouterState({ select: ({ location }) => location.href })
  useHeadingFocus()
  useEffect(() => setOpen(false), [path])
  return (
    <div className={css["frame"]}>
      <a className={css["skip"]} href="#content">
        {text.skip}
      </a>
      <header className={css["bar"]}>
        <button
          type="button"
          className={css["switch"]}
          onClick={() => setOpen(true)}
          aria-expanded={isOpen}
          aria-haspopup="dialog"
          aria-label={text.menu}
        >
          <IconMenu2 size={22} aria-hidden />
        </button>
        <Brand />
        <SchemeSwitch />
      </header>
      <Drawer.Root opened={isOpen} onClose={() => setOpen(false)} size="17rem">
        <Drawer.Overlay />
        <Drawer.Content aria-label={text.menu}>
          <Drawer.Body className={css["drawer"] ?? ""}>
            <Navigation />
          </Drawer.Body>
        </Drawer.Content>
      </Drawer.Root>
      <header className={css["side"]}>
        <Navigation />
      </header>
      <main id="content" className={css["main"]} tabIndex={-1}>
        <div className={css["inner"]}>
          <Ending />
          <Outlet />
        </div>
      </main>
    </div>
  )
}

/** What stands around every page; in its place the way in, for who is not signed in. */
export const Shell = () => {
  const text = useWords(shell)
  const signed = useSigned()
  return (
    <>
      {signed.type === "in" ? <Frame /> : null}
      {signed.type === "out" ? <SignIn left={signed.left} onSignedIn={signed.signIn} /> : null}
      {signed.type === "failed" ? (
        <main className={css["gate"]}>
          <h1 className="visually-hidden">Payment Proxy</h1>
          <Problem error={signed.error} what={text.failed} retry={signed.retry} />
        </main>
      ) : null}
      <Toasts />
    </>
  )
}

/** In place of a page whose code failed. */
export const Broken = ({ error, reset }: { readonly error: unknown; readonly reset: () => void }) => {
  const text = useWords(shell)
  return (
    <Page title={text.broken}>
      <Problem error={error} what={text.broken} retry={reset} />
    </Page>
  )
}

/** In place of a page that is not there. */
export const NotFound = () => {
  const text = useWords(shell)
  return (
    <Page title={text.notFound}>
      <Empty title={text.notFoundTold}>
        <Link to="/" className="link">
          {text.toNow}
        </Link>
      </Empty>
    </Page>
  )
}

/** While a page's code comes. */
export const Coming = () => <Bones rows={8} />
