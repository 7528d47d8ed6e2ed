import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router"
import { Broken, Coming, NotFound, Shell } from "./shell/Shell.tsx"

const root = createRootRoute({ component: Shell })

const route = <const P extends string>(path: P, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load as never, name as never) })

/** Every page, each in a file of its own that is loaded when it is gone to. */
const pages = [
  route("/", () => import("./pages/Now.tsx"), "Now"),
  route("/orders", () => import("./pages/Orders.tsx"), "Orders"),
  route("/orders/$payOrderNo", () => import("./pages/OneOrder.tsx"), "OneOrder"),
  route("/proposals", () => import("./pages/Proposals.tsx"), "Proposals"),
  route("/apps", () => import("./pages/Apps.tsx"), "Apps"),
  route("/apps/$app", () => import("./pages/OneApp.tsx"), "OneApp"),
  route("/vendors", () => import("./pages/Vendors.tsx"), "Vendors"),
  route("/reconciliation", () => import("./pages/Reconciliation.tsx"), "Reconciliation"),
  route("/reconciliation/$vendor/$day", () => import("./pages/OneDay.tsx"), "OneDay"),
  route("/operators", () => import("./pages/Operators.tsx"), "Operators"),
  route("/trail", () => import("./pages/Trail.tsx"), "Trail"),
  route("/account", () => import("./pages/Account.tsx"), "Account")
] as const

/** The console's addresses, below /console. */
export const router = createRouter({
  routeTree: root.addChildren([...pages]),
  basepath: "/console",
  // What is asked for stands in the address as people write it: plain texts, no JSON.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const entries = Object.entries(search).filter(([, value]) => value !== undefined && value !== "")
    const text = new URLSearchParams(entries.map(([key, value]) => [key, String(value)])).toString()
    return text === "" ? "" : `?${text}`
  },
  // Code of a page is fetched when its link is pointed at or focused.
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultErrorComponent: Broken,
  defaultNotFoundComponent: NotFound,
  defaultPendingComponent: Coming
})

declare module "@tanstack/react-router" {
  interface Register {
    readonly router: typeof router
  }
}
