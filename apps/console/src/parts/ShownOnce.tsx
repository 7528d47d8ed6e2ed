import { Button, Modal } from "@mantine/core"
import { IconAlertTriangle } from "@tabler/icons-react"
import type { Answer } from "../Admin.ts"
import { paged as texts } from "../words/paged.ts"
import { useWords } from "../words/Words.ts"
import { Mono } from "./Mono.tsx"
import css from "./shownOnce.module.css"

/** A key or a secret that is shown this once. */
export type Shown = Answer<"proposals.take">

/** What is shown once, with a warning; leaving it takes a button, so that no stray click or key loses it. */
export const ShownOnce = ({
  shown,
  of,
  onClose
}: {
  readonly shown: Shown | null
  readonly of: "key" | "secret"
  readonly onClose: () => void
}) => {
  const text = useWords(texts)
  return (
    <Modal
      opened={shown !== null}
      onClose={onClose}
      title={text.onceTitle}
      size="lg"
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      {shown === null ? null : (
        <div className={css["body"]}>
          <p className={css["warning"]}>
            <IconAlertTriangle size={20} aria-hidden />
            <span>{text.onceTold}</span>
          </p>
          <dl className={css["facts"]}>
            <dt>{of === "key" ? text.keyId : text.endpointId}</dt>
            <dd>
              <Mono value={shown.id} />
            </dd>
            <dt>{of === "key" ? text.key : text.secret}</dt>
            <dd className={css["secret"]}>
              <Mono value={shown.secret} />
            </dd>
          </dl>
          <div className={css["end"]}>
            <Button onClick={onClose}>{text.put}</Button>
          </div>
        </div>
      )}
    </Modal>
  )
}
