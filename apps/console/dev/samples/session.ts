import { fault, type Handlers } from "./Fake.ts"
import { scenario, set } from "./scenario.ts"

const names = { viewer: "sun.li", operator: "maria.keller", administrator: "chen.wei" } as const

const made = () => ({
  operator: names[scenario().role],
  role: scenario().role,
  isFederated: scenario().role === "viewer",
  csrfToken: "sample-token-of-no-use",
  endsAt: new Date(Date.now() + scenario().sessionSeconds * 1000).toISOString()
})

let current = made()
let misses = 0

const handlers: Handlers = {
  "sessions.doors": () => ({
    password: true,
    oidc: scenario().doors === "oidc" ? { name: "Acme Identity" } : null,
    isEmpty: scenario().doors === "none"
  }),
  /** The password is `password`, or `locked` to see the lock; roles by name: viewer, operator, administrator. */
  "sessions.signIn": ({ body }) => {
    if (body.password === "locked" || misses >= 5)
      return fault(
        "SIGN_IN_LOCKED",
        "There were too many wrong passwords: wait, or ask an administrator to unlock.",
        240
      )
    if (body.password !== "password") {
      misses += 1
      return fault("SIGN_IN_REFUSED", "The name or the password is wrong, or the operator is disabled.")
    }
    misses = 0
    const role = body.operator in names ? (body.operator as keyof typeof names) : scenario().role
    set({ isSignedIn: true, role })
    current = made()
    return current
  },
  "sessions.current": () => {
    if (current.role !== scenario().role || Math.abs(Date.parse(current.endsAt) - Date.parse(made().endsAt)) > 600_000)
      current = made()
    return current
  },
  "sessions.signOut": () => set({ isSignedIn: false }) as undefined,
  "sessions.changePassword": ({ body }) => {
    if (body.current !== "password") return fault("SIGN_IN_REFUSED", "The current password is wrong.")
    if (body.next.length < 12) return fault("PASSWORD_WEAK", "Choose one of at least 12 characters.")
    return undefined
  }
}

/** Signing in and out. */
export { handlers as session }
