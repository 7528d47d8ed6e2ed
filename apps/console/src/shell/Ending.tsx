import { Button, Modal } from "@mantine/core"
import { useCallback, useEffect } from "react"
import { call } from "../Admin.ts"
import { beActive, countdown, useStanding } from "../idle.ts"
import { useSession } from "../session.tsx"
import { useFormats } from "../words/Formats.ts"
import { shell } from "../words/shell.ts"
import { useWords } from "../words/Words.ts"
import css from "./shell.module.css"

/** Says that the session is about to end, and ends it when nobody is there; one that is used is kept from ending early. */
export const Ending = () => {
  const text = useWords(shell)
  const { minute } = useFormats()
  const { session, signOut } = useSession()
  // Any call keeps the session; what is typed for long makes none.
  const keep = useCallback(() => void call("sessions.current", {}).catch(() => {}), [])
  const standing = useStanding(session.endsAt, keep)
  const over = standing.type === "over" ? standing.why : null
  useEffect(() => {
    if (over !== null) void signOut(over).catch(() => location.reload())
  }, [over, signOut])
  const stay = () => {
    beActive()
    keep()
  }
  return (
    <>
      {standing.type === "ending" ? (
        <p role="alert" className={css["notice"]}>
          {text.endsTold(minute(session.endsAt))}
        </p>
      ) : null}
      <Modal
        opened={standing.type === "idle"}
        onClose={stay}
        title={text.idleTitle}
        withCloseButton={false}
        closeOnClickOutside={false}
      >
        <div className={css["asked"]}>
          <p role="timer" className="figures">
            {text.idleTold(standing.type === "idle" ? countdown(standing.leftMillis) : "")}
          </p>
          <Button onClick={stay} data-autofocus>
            {text.idleStay}
          </Button>
        </div>
      </Modal>
    </>
  )
}
