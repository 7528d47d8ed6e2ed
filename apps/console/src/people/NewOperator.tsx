import { Button, TextInput } from "@mantine/core"
import { IconPlus } from "@tabler/icons-react"
import { useState } from "react"
import { call } from "../Admin.ts"
import { ReasonDialog } from "../parts/ReasonDialog.tsx"
import type { Role } from "../session.tsx"
import { operators as texts } from "../words/operators.ts"
import { useWords } from "../words/Words.ts"
import { PasswordField, RoleField } from "./Fields.tsx"
import { isLong } from "./Password.ts"

/** Makes an operator. */
export const NewOperator = () => {
  const text = useWords(texts)
  const [isOpen, setOpen] = useState(false)
  const [name, setName] = useState("")
  const [role, setRole] = useState<Role>("viewer")
  const [password, setPassword] = useState("")
  const begin = () => {
    setName("")
    setRole("viewer")
    setPassword("")
    setOpen(true)
  }
  return (
    <>
      <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={begin}>
        {text.make}
      </Button>
      <ReasonDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={text.make}
        explain={<p className="muted">{text.makeTold}</p>}
        confirm={text.makeIt}
        isReady={name.trim() !== "" && isLong(password)}
        fields={
          <>
            <TextInput
              label={text.name}
              description={text.nameTold}
              required
              value={name}
              maxLength={64}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              onChange={(event) => setName(event.currentTarget.value)}
              data-autofocus
            />
            <RoleField role={role} onChange={setRole} />
            <PasswordField password={password} onChange={setPassword} />
          </>
        }
        act={(reason) => call("operators.create", { body: { name: name.trim(), role, password, reason } })}
        done={(operator) => text.madeDone(operator.name)}
        changes={[["operators"], ["trail"]]}
      />
    </>
  )
}
