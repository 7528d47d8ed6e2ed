import { Button, Modal, Textarea } from "@mantine/core"
import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query"
import { type FormEvent, type ReactNode, useState } from "react"
import { parts } from "../words/parts.ts"
import { useWords } from "../words/Words.ts"
import { Problem } from "./Problem.tsx"
import css from "./parts.module.css"
import { toast } from "./Toasts.tsx"

type Given<T> = {
  readonly title: string
  /** What will happen, and what it cannot undo. */
  readonly explain?: ReactNode
  /** The verb on the button. */
  readonly confirm: string
  /** For what takes away or cannot be undone. */
  readonly isGrave?: boolean
  /** More to fill in, above the reason, and whether that is filled. */
  readonly fields?: ReactNode
  readonly isReady?: boolean
  /** Makes the call. */
  readonly act: (reason: string) => Promise<T>
  /** What to say when it is done; null says nothing. */
  readonly done: (answer: T) => string | null
  /** Queries that are asked anew afterwards. */
  readonly changes?: ReadonlyArray<QueryKey>
}

const Form = <T,>({ given, onClose }: { readonly given: Given<T>; readonly onClose: () => void }) => {
  const text = useWords(parts)
  const client = useQueryClient()
  const [reason, setReason] = useState("")
  const [isMissing, setMissing] = useState(false)
  const action = useMutation({
    mutationFn: (why: string) => given.act(why),
    onSuccess: (answer) => {
      for (const queryKey of given.changes ?? []) void client.invalidateQueries({ queryKey })
      const said = given.done(answer)
      if (said !== null) toast(said)
      onClose()
    }
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setMissing(reason.trim() === "")
    if (reason.trim() !== "" && given.isReady !== false) action.mutate(reason.trim())
  }
  return (
    <form className={css["form"]} onSubmit={submit} noValidate>
      {given.explain === undefined ? null : <div className={css["explain"]}>{given.explain}</div>}
      {given.fields}
      <Textarea
        label={text.reason}
        description={text.reasonTold}
        required
        autosize
        minRows={2}
        maxRows={6}
        maxLength={500}
        value={reason}
        error={isMissing && reason.trim() === "" ? text.reasonMissing : null}
        onChange={(event) => setReason(event.currentTarget.value)}
        {...(given.fields === undefined ? { "data-autofocus": true } : {})}
      />
      {action.error === null ? null : <Problem error={action.error} />}
      <div className={css["buttons"]}>
        <Button variant="default" onClick={onClose} disabled={action.isPending}>
          {text.cancel}
        </Button>
        <Button
          type="submit"
          {...(given.isGrave ? { color: "red" } : {})}
          loading={action.isPending}
          disabled={given.isReady === false}
        >
          {given.confirm}
        </Button>
      </div>
    </form>
  )
}

/** A dialog that asks why before something is done; it shows what was refused and stays, and says what was done and goes. */
export const ReasonDialog = <T,>({
  isOpen,
  onClose,
  ...given
}: Given<T> & { readonly isOpen: boolean; readonly onClose: () => void }) => {
  const text = useWords(parts)
  return (
    <Modal opened={isOpen} onClose={onClose} title={given.title} closeButtonProps={{ "aria-label": text.close }}>
      <Form given={given} onClose={onClose} />
    </Modal>
  )
}
