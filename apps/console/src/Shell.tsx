import { Outlet } from "@tanstack/react-router"
import { Toasts } from "./parts/Toasts.tsx"
import { useSigned } from "./session.tsx"

/** What stands around every page. */
export const Shell = () => {
  const signed = useSigned()
  return (
    <>
      {signed.type === "in" ? <Outlet /> : null}
      <Toasts />
    </>
  )
}
