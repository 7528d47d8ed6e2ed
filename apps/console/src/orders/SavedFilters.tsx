import { Button, Menu, Modal, TextInput } from "@mantine/core"
import { IconBookmark, IconTrash } from "@tabler/icons-react"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type FormEvent, useState } from "react"
import { call } from "../Admin.ts"
import { Foreign } from "../parts/Foreign.tsx"
import { Problem } from "../parts/Problem.tsx"
import { toast } from "../parts/Toasts.tsx"
import { orders } from "../words/orders.ts"
import { parts } from "../words/parts.ts"
import { useWords } from "../words/Words.ts"
import css from "./Orders.module.css"
import * as Search from "./Search.ts"

const queryKey = ["filters"]

const SaveForm = ({ search, onClose }: { readonly search: Search.Search; readonly onClose: () => void }) => {
  const t = useWords(orders)
  const client = useQueryClient()
  const [name, setName] = useState("")
  const save = useMutation({
    mutationFn: () => call("orders.saveFilter", { path: { name: name.trim() }, body: Search.keptOf(search) }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey })
      toast(t.savedAs(name.trim()))
      onClose()
    }
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() !== "") save.mutate()
  }
  return (
    <form onSubmit={submit} className={css["dialog"]}>
      <TextInput
        data-autofocus
        label={t.saveName}
        description={t.saveNameTold}
        required
        maxLength={40}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {save.error === null ? null : <Problem error={save.error} />}
      <div className={css["buttons"]}>
        <Button variant="default" onClick={onClose}>
          {t.cancel}
        </Button>
        <Button type="submit" loading={save.isPending} disabled={name.trim() === ""}>
          {t.saveIt}
        </Button>
      </div>
    </form>
  )
}

const Kept = ({ onApply }: { readonly onApply: (search: Search.Search) => void }) => {
  const t = useWords(orders)
  const client = useQueryClient()
  const saved = useQuery({ queryKey, queryFn: ({ signal }) => call("orders.filters", {}, signal) })
  const drop = useMutation({
    mutationFn: (name: string) => call("orders.dropFilter", { path: { name } }),
    onSuccess: (_, name) => {
      void client.invalidateQueries({ queryKey })
      toast(t.dropped(name))
    },
    onError: (error) => toast(error.message, "bad")
  })
  if (saved.error !== null) return <Menu.Label>{t.savedFailed}</Menu.Label>
  if (saved.data?.length === 0) return <Menu.Label>{t.savedNone}</Menu.Label>
  return saved.data?.map(({ name, filter }) => (
    <div key={name} className={css["kept"]}>
      <Menu.Item onClick={() => onApply(Search.fromAddress(filter))}>
        <Foreign text={name} line />
      </Menu.Item>
      <Menu.Item
        className={css["drop"]}
        closeMenuOnClick={false}
        aria-label={t.drop(name)}
        onClick={() => drop.mutate(name)}
      >
        <IconTrash size={14} aria-hidden />
      </Menu.Item>
    </div>
  ))
}

/** One's saved searches: to go to, to drop, and to save the present one as. */
export const SavedFilters = ({
  search,
  go
}: {
  readonly search: Search.Search
  readonly go: (search: Search.Search) => void
}) => {
  const t = useWords(orders)
  const { close } = useWords(parts)
  const [isSaving, setSaving] = useState(false)
  return (
    <>
      <Menu position="bottom-end" width={300}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={16} aria-hidden />}>
            {t.saved}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Kept onApply={go} />
          {Search.size(search) === 0 ? null : (
            <>
              <Menu.Divider />
              <Menu.Item onClick={() => setSaving(true)}>{t.save}</Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={isSaving}
        onClose={() => setSaving(false)}
        title={t.saveTitle}
        closeButtonProps={{ "aria-label": close }}
      >
        <SaveForm search={search} onClose={() => setSaving(false)} />
      </Modal>
    </>
  )
}
