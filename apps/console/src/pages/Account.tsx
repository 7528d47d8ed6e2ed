import { Button, PasswordInput, SegmentedControl, useMantineColorScheme } from "@mantine/core"
import { useMutation } from "@tanstack/react-query"
import { type FormEvent, useContext, useState } from "react"
import { call, Refused } from "../Admin.ts"
import { Card } from "../parts/Card.tsx"
import { Moment } from "../parts/Moment.tsx"
import { Page } from "../parts/Page.tsx"
import { Problem } from "../parts/Problem.tsx"
import { toast } from "../parts/Toasts.tsx"
import { type Session, useSession } from "../session.tsx"
import { signIn as texts } from "../words/signIn.ts"
import { type Language, LanguageContext, languages, useWords } from "../words/Words.ts"
import css from "./account.module.css"

const leastLength = 12

const Person = ({ session }: { readonly session: Session }) => {
  const text = useWords(texts)
  const role = {
    viewer: text.roleViewer,
    operator: text.roleOperator,
    administrator: text.roleAdministrator
  }[session.role]
  return (
    <Card title={text.who}>
      <dl className={css["facts"]}>
        <dt>{text.name}</dt>
        <dd>{session.operator}</dd>
        <dt>{text.role}</dt>
        <dd>{role}</dd>
        <dt>{text.comesBy}</dt>
        <dd>{session.isFederated ? text.byProvider : text.byPassword}</dd>
        <dt>{text.sessionEnds}</dt>
        <dd>
          <Moment at={session.endsAt} as="both" />
          <p className="muted">{text.sessionTold}</p>
        </dd>
      </dl>
    </Card>
  )
}

const Appearance = () => {
  const text = useWords(texts)
  const { language, setLanguage } = useContext(LanguageContext)
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Card title={text.appearance}>
      <div className={css["choices"]}>
        <fieldset>
          <legend>{text.language}</legend>
          <SegmentedControl
            value={language}
            onChange={(value) => setLanguage(value as Language)}
            data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
            aria-label={text.language}
          />
        </fieldset>
        <fieldset>
          <legend>{text.scheme}</legend>
          <SegmentedControl
            value={colorScheme}
            onChange={(value) => setColorScheme(value as "auto" | "light" | "dark")}
            data={[
              { value: "auto", label: text.schemeAuto },
              { value: "light", label: text.schemeLight },
              { value: "dark", label: text.schemeDark }
            ]}
            aria-label={text.scheme}
          />
        </fieldset>
      </div>
    </Card>
  )
}

const PasswordForm = ({ operator }: { readonly operator: string }) => {
  const text = useWords(texts)
  const [given, setGiven] = useState({ current: "", next: "", again: "" })
  const [isTold, setTold] = useState(false)
  const change = useMutation({
    mutationFn: () => call("sessions.changePassword", { body: { current: given.current, next: given.next } }),
    onSuccess: () => {
      setGiven({ current: "", next: "", again: "" })
      setTold(false)
      toast(text.changed)
    }
  })
  const isShort = [...given.next].length < leastLength
  const isOther = given.next !== given.again
  const isWrong = change.error instanceof Refused && change.error.code === "SIGN_IN_REFUSED"
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTold(true)
    if (given.current !== "" && !isShort && !isOther) change.mutate()
  }
  const field = (name: keyof typeof given) => ({
    value: given[name],
    onChange: (event: { readonly currentTarget: HTMLInputElement }) => {
      const { value } = event.currentTarget
      setGiven((before) => ({ ...before, [name]: value }))
      if (name === "current") change.reset()
    },
    autoComplete: name === "current" ? "current-password" : "new-password",
    required: true,
    withAsterisk: false
  })
  return (
    <form className={css["form"]} onSubmit={submit} noValidate>
      <input type="text" name="username" autoComplete="username" value={operator} readOnly hidden />
      <PasswordInput label={text.current} error={isWrong ? text.wrongCurrent : null} {...field("current")} />
      <PasswordInput
        label={text.next}
        description={text.nextTold}
        error={isTold && isShort ? text.short : null}
        {...field("next")}
      />
      <PasswordInput label={text.again} error={isTold && isOther ? text.differs : null} {...field("again")} />
      {change.error === null || isWrong ? null : <Problem error={change.error} />}
      <div>
        <Button type="submit" loading={change.isPending}>
          {text.save}
        </Button>
      </div>
    </form>
  )
}

/** Who one is, how the console looks, and one's password. */
export const Account = () => {
  const text = useWords(texts)
  const { session } = useSession()
  return (
    <Page title={text.account}>
      <div className={css["pair"]}>
        <div className={css["left"]}>
          <Person session={session} />
          <Appearance />
        </div>
        <Card title={text.change}>
          {session.isFederated ? (
            <p>{text.noPassword}</p>
          ) : (
            <>
              <p className="muted">{text.changeTold}</p>
              <br />
              <PasswordForm operator={session.operator} />
            </>
          )}
        </Card>
      </div>
    </Page>
  )
}
