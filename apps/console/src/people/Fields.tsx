import { Button, Radio, TextInput } from "@mantine/core"
import { Copy } from "../parts/Mono.tsx"
import type { Role } from "../session.tsx"
import { operators as texts } from "../words/operators.ts"
import { useWords } from "../words/Words.ts"
import { isLong, madeUp } from "./Password.ts"
import css from "./people.module.css"

const roles = ["viewer", "operator", "administrator"] as const

/** One of the roles, with what each may. */
export const RoleField = ({
  role,
  onChange,
  isFirst = false
}: {
  readonly role: Role
  readonly onChange: (role: Role) => void
  readonly isFirst?: boolean
}) => {
  const text = useWords(texts)
  return (
    <Radio.Group label={text.role} value={role} onChange={(value) => onChange(value as Role)}>
      <div className={css["roles"]}>
        {roles.map((one) => (
          <Radio
            key={one}
            value={one}
            label={text[one]}
            description={text[`${one}Told`]}
            {...(isFirst && one === role ? { "data-autofocus": true } : {})}
          />
        ))}
      </div>
    </Radio.Group>
  )
}

/** A password that is handed over: seen, copied, or made up. */
export const PasswordField = ({
  password,
  onChange,
  isFirst = false
}: {
  readonly password: string
  readonly onChange: (password: string) => void
  readonly isFirst?: boolean
}) => {
  const text = useWords(texts)
  return (
    <div className={css["password"]}>
      <TextInput
        label={text.password}
        description={text.passwordTold}
        required
        value={password}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        classNames={{ input: "mono" }}
        error={password === "" || isLong(password) ? null : text.passwordShort}
        onChange={(event) => onChange(event.currentTarget.value)}
        {...(isFirst ? { "data-autofocus": true } : {})}
      />
      <div className={css["passwordTools"]}>
        <Button size="xs" variant="default" onClick={() => onChange(madeUp())}>
          {text.generate}
        </Button>
        {password === "" ? null : <Copy value={password} label={text.password} />}
      </div>
    </div>
  )
}
