import { Button, PasswordInput, TextInput } from "@mantine/core"
import { useMutation, useQuery } from "@tanstack/react-query"
import { type FormEvent, useEffect, useState } from "react"
import { type Answer, address, call, Refused } from "../Admin.ts"
import { useNow } from "../clock.ts"
import { countdown } from "../idle.ts"
import { Bones } from "../parts/Loaded.tsx"
import { Copy } from "../parts/Mono.tsx"
import { Problem } from "../parts/Problem.tsx"
import type { Left, Session } from "../session.tsx"
import { signIn as texts } from "../words/signIn.ts"
import { useWords } from "../words/Words.ts"
import { Brand } from "./Navigation.tsx"
import { whyOf, withoutWhy } from "./Returned.ts"
import { LanguageSwitch, SchemeSwitch } from "./Switches.tsx"
import css from "./shell.module.css"

type Doors = Answer<"sessions.doors">
const command = "payment-proxy operators create NAME --role administrator"

const FirstOperator = () => {
  const text = useWords(texts)
  return (
    <div className={css["told"]}>
      <strong>{text.isEmpty}</strong>
      <p>{text.isEmptyTold}</p>
      <div className={css["command"]}>
        <code translate="no">{command}</code>
        <Copy value={command} />
      </div>
    </div>
  )
}

/** Until when sign-in waits, after too many wrong passwords; null: it does not. */
const useLock = (error: Error | null): string | null => {
  const [untilMillis, setUntil] = useState(0)
  const nowMillis = useNow(1000)
  useEffect(() => {
    if (error instanceof Refused && error.code === "SIGN_IN_LOCKED")
      setUntil(Date.now() + (error.retryAfterSeconds ?? 60) * 1000)
  }, [error])
  return untilMillis > nowMillis ? countdown(untilMillis - nowMillis) : null
}

const Refusal = ({ error, lockedFor }: { readonly error: Error | null; readonly lockedFor: string | null }) => {
  const text = useWords(texts)
  const code = error instanceof Refused ? error.code : null
  if (lockedFor !== null)
    return (
      <div className={css["told"]} data-tone="bad">
        <p role="alert">{text.locked}</p>
        <p role="timer" className="figures">
          {text.lockedFor(lockedFor)}
        </p>
      </div>
    )
  if (error === null || code === "SIGN_IN_LOCKED") return null
  return code === "SIGN_IN_REFUSED" ? (
    <p role="alert" className={css["told"]} data-tone="bad">
      {text.refused}
    </p>
  ) : (
    <Problem error={error} />
  )
}

const PasswordDoor = ({ onSignedIn }: { readonly onSignedIn: (session: Session) => void }) => {
  const text = useWords(texts)
  const [operator, setOperator] = useState("")
  const [password, setPassword] = useState("")
  const entering = useMutation({
    mutationFn: () => call("sessions.signIn", { body: { operator: operator.trim(), password } }),
    onSuccess: onSignedIn,
    onError: () => setPassword("")
  })
  const lockedFor = useLock(entering.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (operator.trim() !== "" && password !== "" && lockedFor === null) entering.mutate()
  }
  return (
    <form onSubmit={submit}>
      <Refusal error={entering.error} lockedFor={lockedFor} />
      <TextInput
        label={text.operator}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        withAsterisk={false}
        value={operator}
        onChange={(event) => setOperator(event.currentTarget.value)}
      />
      <PasswordInput
        label={text.password}
        name="password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button type="submit" fullWidth loading={entering.isPending} disabled={lockedFor !== null}>
        {text.submit}
      </Button>
    </form>
  )
}

const Doors = ({ doors, onSignedIn }: { readonly doors: Doors; readonly onSignedIn: (session: Session) => void }) => {
  const text = useWords(texts)
  const to = `${location.pathname}${withoutWhy(location.search)}`
  return (
    <>
      {doors.isEmpty ? <FirstOperator /> : null}
      {!doors.password && doors.oidc === null ? <p className={css["told"]}>{text.noDoor}</p> : null}
      {doors.oidc === null ? null : (
        <Button
          component="a"
          href={address("sessions.oidcStart", { query: { to } })}
          variant={doors.password ? "default" : "filled"}
          fullWidth
        >
          {text.withProvider(doors.oidc.name)}
        </Button>
      )}
      {doors.password && doors.oidc !== null ? <div className={css["or"]}>{text.or}</div> : null}
      {doors.password ? <PasswordDoor onSignedIn={onSignedIn} /> : null}
    </>
  )
}

/** The ways in, for who is not signed in; the address stays, so that one goes on where one was. */
export const SignIn = ({
  left,
  onSignedIn
}: {
  readonly left: Left
  readonly onSignedIn: (session: Session) => void
}) => {
  const text = useWords(texts)
  const doors = useQuery({
    queryKey: ["doors"],
    queryFn: ({ signal }) => call("sessions.doors", {}, signal),
    refetchInterval: ({ state }) => (state.data?.isEmpty ? 5000 : false)
  })
  useEffect(() => {
    document.title = `${text.title} · Payment Proxy`
  }, [text])
  const why = { new: null, ended: text.leftEnded, idle: text.leftIdle, out: text.leftOut }[left]
  // Who was in since has another reason to be out.
  const notLetIn = left === "new" ? whyOf(location.search) : null
  return (
    <main className={css["gate"]}>
      <div className={css["gateBox"]}>
        <Brand />
        <h1>{text.title}</h1>
        {why === null ? <p className="muted">{text.lead}</p> : null}
        <div role="status">{why === null ? null : <p className={css["told"]}>{why}</p>}</div>
        {notLetIn === null ? null : (
          <p role="alert" className={css["told"]} data-tone="bad">
            {text[notLetIn]}
          </p>
        )}
        {doors.error === null ? null : <Problem error={doors.error} retry={() => void doors.refetch()} />}
        {doors.data !== undefined ? (
          <Doors doors={doors.data} onSignedIn={onSignedIn} />
        ) : doors.error === null ? (
          <Bones rows={4} />
        ) : null}
      </div>
      <div className={css["switches"]}>
        <LanguageSwitch />
        <SchemeSwitch />
      </div>
    </main>
  )
}
