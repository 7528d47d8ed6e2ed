import { HttpApiMiddleware, OpenApi } from "@effect/platform"
import { Context } from "effect"
import type { Code } from "../Problem.ts"
import { answers, described } from "../Problem.ts"
import type { Role } from "./Role.ts"
import type { Session } from "./Sessions.ts"

/** Who makes a call: the session that its cookie opens. */
export class SignedIn extends Context.Tag("@payment-proxy/api/admin/SignedIn")<SignedIn, typeof Session.Type>() {}

/** What every call behind a session can answer beside its own. */
const gate = answers("SIGNED_OUT", "ROLE_NEEDED", "CROSS_SITE", "STORE_UNAVAILABLE")

/** Lets through who is signed in, whatever the role. */
export class Viewer extends HttpApiMiddleware.Tag<Viewer>()("@payment-proxy/api/admin/Viewer", {
  failure: gate,
  provides: SignedIn
}) {}

/** Lets through operators and administrators. */
export class Operator extends HttpApiMiddleware.Tag<Operator>()("@payment-proxy/api/admin/Operator", {
  failure: gate,
  provides: SignedIn
}) {}

/** Lets through administrators. */
export class Administrator extends HttpApiMiddleware.Tag<Administrator>()("@payment-proxy/api/admin/Administrator", {
  failure: gate,
  provides: SignedIn
}) {}

/** What the document says of a call: `x-role` is who may make it, `anyone` before a session is there. */
export const about = (role: Role | "anyone", title: string, description: string, problems: ReadonlyArray<Code> = []) =>
  OpenApi.annotations({
    title,
    summary: title,
    description: problems.length === 0 ? description : `${description} Refused with ${described(problems)}.`,
    transform: (operation) => ({ ...operation, "x-role": role })
  })
