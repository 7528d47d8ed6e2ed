import { Button, TextInput } from "@mantine/core"
import { IconPlus } from "@tabler/icons-react"
import { useState } from "react"
import { call } from "../Admin.ts"
import { ReasonDialog } from "../parts/ReasonDialog.tsx"
import { apps as texts } from "../words/apps.ts"
import { useWords } from "../words/Words.ts"
import { isId } from "./App.ts"

/** Makes an app. */
export const NewApp = () => {
  const text = useWords(texts)
  const [isOpen, setOpen] = useState(false)
  const [id, setId] = useState("")
  const [name, setName] = useState("")
  const begin = () => {
    setId("")
    setName("")
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
        isReady={isId(id) && name.trim() !== ""}
        fields={
          <>
            <TextInput
              label={text.id}
              description={text.idTold}
              required
              value={id}
              maxLength={56}
              autoCapitalize="none"
              spellCheck={false}
              error={id === "" || isId(id) ? null : text.idBad}
              onChange={(event) => setId(event.currentTarget.value)}
              data-autofocus
            />
            <TextInput
              label={text.name}
              description={text.nameTold}
              required
              value={name}
              maxLength={200}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          </>
        }
        act={(reason) => call("apps.create", { body: { id, name: name.trim(), reason } })}
        done={(app) => text.made(app.id)}
        changes={[["apps"]]}
      />
    </>
  )
}
