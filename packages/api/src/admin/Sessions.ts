import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { Time } from "../Order.ts"
import { answers } from "../Problem.ts"
import * as Call from "./Call.ts"
import { Role } from "./Role.ts"

/** Who is signed in, and what the page has to send with what it changes. */
export const Session = Schema.Struct({
  operator: Schema.String.annotations({ description: "The name that goes on record" }),
  role: Role,
  /** Whether he came by the company's OIDC provider: he has no password here. */
  isFederated: Schema.Boolean,
  /** Goes into the header `x-csrf-token` of every call that changes something. */
  csrfToken: Schema.String,
  /** When it ends, however busy; it ends before that after 15 idle minutes. */
  endsAt: Time
}).annotations({ identifier: "Session" })

/** The ways in that are open here. */
export const Doors = Schema.Struct({
  password: Schema.Boolean,
  /** The company's OIDC provider under the name that people know it by; null where none is configured. */
  oidc: Schema.NullOr(Schema.Struct({ name: Schema.String })),
  /** No operator is there yet: the first one is made by `payment-proxy operators create`. */
  isEmpty: Schema.Boolean
}).annotations({ identifier: "Doors" })

/** A name and its password. */
export const SignIn = Schema.Struct({ operator: Schema.String, password: Schema.String }).annotations({
  identifier: "SignIn"
})

/** One's password, and the one after it. */
export const PasswordChange = Schema.Struct({ current: Schema.String, next: Schema.String }).annotations({
  identifier: "PasswordChange"
})

const signing = ["SIGN_IN_REFUSED", "SIGN_IN_LOCKED", "CROSS_SITE", "BODY_INVALID", "STORE_UNAVAILABLE"] as const

const doors = HttpApiEndpoint.get("doors", "/admin/doors")
  .addSuccess(Doors)
  .addError(answers("STORE_UNAVAILABLE"))
  .annotateContext(Call.about("anyone", "Read the ways in", "What the sign-in page offers."))

const signIn = HttpApiEndpoint.post("signIn", "/admin/session")
  .setPayload(SignIn)
  .addSuccess(Session)
  .addError(answers(...signing))
  .annotateContext(
    Call.about(
      "anyone",
      "Sign in",
      "By name and password: the answer sets the session's cookie. Wrong ones take as long as right ones; after several, name and address wait.",
      signing
    )
  )

const oidcStart = HttpApiEndpoint.get("oidcStart", "/admin/oidc/start")
  .setUrlParams(Schema.Struct({ to: Schema.optional(Schema.String) }))
  .addSuccess(HttpApiSchema.Empty(303))
  .addError(answers("NOT_FOUND", "OIDC_FAILED"))
  .annotateContext(
    Call.about("anyone", "Sign in at the company's provider", "Authorization code with PKCE, state and nonce.", [
      "OIDC_FAILED"
    ])
  )

const comingBack = ["OIDC_FAILED", "SIGN_IN_LOCKED", "STORE_UNAVAILABLE"] as const

const oidcCallback = HttpApiEndpoint.get("oidcCallback", "/admin/oidc/callback")
  .addSuccess(HttpApiSchema.Empty(303))
  .addError(answers("NOT_FOUND", ...comingBack))
  .annotateContext(
    Call.about(
      "anyone",
      "Come back from the company's provider",
      "Sets the session's cookie and goes on to the console. Groups say the role; who has none of them is refused, and after several refusals the address waits. A browser goes to the sign-in page, which says why.",
      comingBack
    )
  )

const current = HttpApiEndpoint.get("current", "/admin/session")
  .addSuccess(Session)
  .middleware(Call.Viewer)
  .annotateContext(Call.about("viewer", "Read one's session", "Who is signed in, until when."))

const signOut = HttpApiEndpoint.del("signOut", "/admin/session")
  .addSuccess(HttpApiSchema.NoContent)
  .middleware(Call.Viewer)
  .annotateContext(Call.about("viewer", "Sign out", "The cookie opens nothing any more, also a copy of it."))

const changePassword = HttpApiEndpoint.post("changePassword", "/admin/session/password")
  .setPayload(PasswordChange)
  .addSuccess(HttpApiSchema.NoContent)
  .addError(answers("SIGN_IN_REFUSED", "SIGN_IN_LOCKED", "PASSWORD_WEAK", "BODY_INVALID"))
  .middleware(Call.Viewer)
  .annotateContext(
    Call.about("viewer", "Change one's password", "Ends the operator's other sessions.", [
      "SIGN_IN_REFUSED",
      "PASSWORD_WEAK"
    ])
  )

/** Signing in and out. */
export const sessions = HttpApiGroup.make("sessions")
  .add(doors)
  .add(signIn)
  .add(oidcStart)
  .add(oidcCallback)
  .add(current)
  .add(signOut)
  .add(changePassword)
