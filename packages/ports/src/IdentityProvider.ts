import type { Effect } from "effect"
import { Context, Data } from "effect"

/** The provider did not let the person in, or could not be asked; `detail` is for him to read, without secrets. */
export class IdentityRefused extends Data.TaggedError("IdentityRefused")<{ readonly detail: string }> {}

/** A sign-in that was begun: what must be known when the person comes back. */
export interface Begun {
  /** Where the browser goes. */
  readonly url: string
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

/** Who came back. */
export interface Identity {
  /** `<issuer> <sub>`. */
  readonly subject: string
  /** What people call him: the configured claim. */
  readonly name: string
  /** The groups of the configured claim. */
  readonly groups: ReadonlyArray<string>
}

/** The company's OIDC provider (OpenID Connect Core 1.0, code flow with PKCE, RFC 7636); null where none is configured. */
export class IdentityProvider extends Context.Reference<IdentityProvider>()("@payment-proxy/ports/IdentityProvider", {
  defaultValue: (): {
    readonly name: string
    readonly begin: (redirectUri: string) => Effect.Effect<Begun, IdentityRefused>
    /** `callback` is the whole address that the browser came back to. */
    readonly finish: (callback: string, begun: Omit<Begun, "url">) => Effect.Effect<Identity, IdentityRefused>
  } | null => null
}) {}
