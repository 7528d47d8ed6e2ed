import { type ReactNode, useState } from "react"
import { type Answer, call, type Input } from "../Admin.ts"
import { ReasonDialog } from "../parts/ReasonDialog.tsx"
import { type Role, useSession } from "../session.tsx"
import { operators as texts } from "../words/operators.ts"
import { useWords } from "../words/Words.ts"
import { PasswordField, RoleField } from "./Fields.tsx"
import { isLong } from "./Password.ts"

/** A person who works here. */
export type Operator = Answer<"operators.list">[number]
type Change = Omit<Input<"operators.change">["body"], "reason">

/** What can be done with an operator. */
export type Action = "changeRole" | "newPassword" | "unlock" | "endSessions" | "disable" | "enable"

const dones = {
  changeRole: "roleDone",
  newPassword: "passwordDone",
  unlock: "unlockDone",
  endSessions: "endSessionsDone",
  disable: "disableDone",
  enable: "enableDone"
} as const

/** What can be done with an operator now; with oneself only what does not need another administrator. */
export const actionsOf = (operator: Operator, isOneself: boolean): ReadonlyArray<Action> => [
  ...(operator.lockedUntil === null ? [] : (["unlock"] as const)),
  ...(isOneself ? [] : (["changeRole"] as const)),
  ...(isOneself || operator.isFederated ? [] : (["newPassword"] as const)),
  ...(operator.sessions === 0 ? [] : (["endSessions"] as const)),
  ...(isOneself ? [] : [operator.isDisabled ? ("enable" as const) : ("disable" as const)])
]

const Explain = ({ action, operator }: { readonly action: Action; readonly operator: Operator | null }) => {
  const text = useWords(texts)
  const { session } = useSession()
  const isOwn = operator?.name === session.operator
  return (
    <>
      <p>{action === "endSessions" && isOwn ? text.endOwnTold : text[`${action}Told`]}</p>
      {action === "changeRole" && operator?.isFederated === true ? <p>{text.federatedRole}</p> : null}
    </>
  )
}

/** How operators are changed: `ask` opens the dialog, which `dialog` is. */
export const useChanges = (): {
  readonly ask: (action: Action, operator: Operator) => void
  readonly dialog: ReactNode
} => {
  const text = useWords(texts)
  const [asked, setAsked] = useState<{ readonly action: Action; readonly operator: Operator } | null>(null)
  const [isOpen, setOpen] = useState(false)
  const [role, setRole] = useState<Role>("viewer")
  const [password, setPassword] = useState("")
  const action = asked?.action ?? "unlock"
  const operator = asked?.operator ?? null
  const name = operator?.name ?? ""
  const change: Readonly<Record<Action, Change>> = {
    changeRole: { role },
    newPassword: { password },
    unlock: { unlock: true },
    endSessions: { endSessions: true },
    disable: { isDisabled: true },
    enable: { isDisabled: false }
  }
  const fields = {
    changeRole: <RoleField role={role} onChange={setRole} isFirst />,
    newPassword: <PasswordField password={password} onChange={setPassword} isFirst />
  }
  const isReady = action === "changeRole" ? role !== operator?.role : action === "newPassword" ? isLong(password) : true
  return {
    ask: (next, of) => {
      setAsked({ action: next, operator: of })
      setRole(of.role)
      setPassword("")
      setOpen(true)
    },
    dialog: (
      <ReasonDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={text[`${action}Title`](name)}
        explain={<Explain action={action} operator={operator} />}
        confirm={text[action]}
        isGrave={action === "disable" || action === "endSessions"}
        {...(action in fields ? { fields: fields[action as keyof typeof fields] } : {})}
        isReady={isReady}
        act={(reason) => call("operators.change", { path: { name }, body: { ...change[action], reason } })}
        done={() => text[dones[action]]}
        changes={[["operators"], ["trail"]]}
      />
    )
  }
}
