import { useQuery, useQueryClient } from "@tanstack/react-query"
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from "react"
import { type Answer, call, onSignedOut, Refused, setCsrfToken } from "./Admin.ts"

/** Who is signed in. */
export type Session = Answer<"sessions.current">
export type Role = Session["role"]

const ranks: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, administrator: 2 }

/** Whether who has `role` may do what needs `needed`. */
export const includes = (role: Role, needed: Role): boolean => ranks[role] >= ranks[needed]

/** Why nobody is signed in: nobody was yet, the session ended meanwhile, it was idle for too long, he left. */
export type Left = "new" | "ended" | "idle" | "out"

type Signed =
  | { readonly type: "asking" }
  | { readonly type: "failed"; readonly error: unknown; readonly retry: () => void }
  | { readonly type: "out"; readonly left: Left; readonly signIn: (session: Session) => void }
  | {
      readonly type: "in"
      readonly session: Session
      /** Whether the signed-in person may do what needs `role`. */
      readonly may: (role: Role) => boolean
      readonly signOut: (left?: Left) => Promise<void>
    }

const SignedContext = createContext<Signed>({ type: "asking" })

/** How it stands with signing in, for the shell. */
export const useSigned = (): Signed => useContext(SignedContext)

/** The session and what its role may, for pages: they are shown to who is signed in alone. */
export const useSession = () => {
  const signed = useSigned()
  if (signed.type !== "in") throw new Error("A page is shown to who is signed in alone.")
  return signed
}

const current = async (): Promise<Session | null> => {
  try {
    return await call("sessions.current", {})
  } catch (error) {
    if (error instanceof Refused && error.code === "SIGNED_OUT") return null
    throw error
  }
}

const queryKey = ["session"]

/** Knows who is signed in; what was read for one person is forgotten with his session. */
export const SessionProvider = ({ children }: { readonly children: ReactNode }) => {
  const client = useQueryClient()
  const [left, setLeft] = useState<Left>("new")
  const query = useQuery({
    queryKey,
    queryFn: current,
    staleTime: Number.POSITIVE_INFINITY,
    // Another tab may have changed who is signed in.
    refetchOnWindowFocus: "always",
    gcTime: Number.POSITIVE_INFINITY
  })
  const { data: session, error, refetch } = query
  const lastToken = useRef<string | null>(null)
  useEffect(() => {
    const token = session?.csrfToken ?? null
    setCsrfToken(token ?? "")
    if (token !== null && lastToken.current !== null && token !== lastToken.current)
      void client.resetQueries({ predicate: (one) => one.queryKey[0] !== queryKey[0] })
    lastToken.current = token
  }, [session, client])
  useEffect(
    () =>
      onSignedOut(() => {
        if (client.getQueryData(queryKey)) setLeft("ended")
        void client.cancelQueries({ queryKey })
        client.setQueryData(queryKey, null)
      }),
    [client]
  )
  const signed = useMemo((): Signed => {
    const forget = () => client.removeQueries({ predicate: (one) => one.queryKey[0] !== queryKey[0] })
    if (session === undefined)
      return error === null ? { type: "asking" } : { type: "failed", error, retry: () => void refetch() }
    if (session === null)
      return {
        type: "out",
        left,
        signIn: (next) => {
          setCsrfToken(next.csrfToken)
          forget()
          client.setQueryData(queryKey, next)
        }
      }
    return {
      type: "in",
      session,
      may: (role) => includes(session.role, role),
      signOut: async (why = "out") => {
        await call("sessions.signOut", {}).catch((refusal: unknown) => {
          // Who is signed out already has what he wants; who cannot be signed out has to know.
          if (!(refusal instanceof Refused && refusal.code === "SIGNED_OUT")) throw refusal
        })
        setLeft(why)
        await client.cancelQueries({ queryKey })
        client.setQueryData(queryKey, null)
        forget()
      }
    }
  }, [session, error, refetch, left, client])
  return <SignedContext value={signed}>{children}</SignedContext>
}
