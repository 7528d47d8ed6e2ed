import { Button, Modal, Progress } from "@mantine/core"
import { IconDownload } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { useEffect, useRef, useState } from "react"
import { call, Refused, stream } from "../Admin.ts"
import { Problem } from "../parts/Problem.tsx"
import { toast } from "../parts/Toasts.tsx"
import { useFormats } from "../words/Formats.ts"
import { orders } from "../words/orders.ts"
import { parts } from "../words/parts.ts"
import { useWords } from "../words/Words.ts"
import * as Exporting from "./Exporting.ts"
import css from "./Orders.module.css"
import type { Filter } from "./Search.ts"

interface Picker {
  readonly showSaveFilePicker?: (options: object) => Promise<{
    readonly createWritable: () => Promise<{
      readonly write: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>
      readonly close: () => Promise<void>
      readonly abort: () => Promise<void>
    }>
  }>
}

const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError"

const download = (name: string) => (file: Blob) => {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  // The browser has to have begun to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/** A file that the operator chose, where the browser can write one as it comes; else one that it saves at the end. */
const sinkOf = async (name: string): Promise<Exporting.Sink> => {
  const { showSaveFilePicker } = window as Picker
  if (showSaveFilePicker === undefined) return Exporting.blobSink(download(name))
  const file = await showSaveFilePicker.call(window, {
    suggestedName: name,
    types: [{ description: "CSV", accept: { "text/csv": [".csv"] } }]
  })
  return file.createWritable()
}

/** Runs one export at a time, tells how far it is, and stops it when the page is left. */
const useExport = (filter: Filter, onDone: (count: number) => void) => {
  const [done, setDone] = useState<number | null>(null)
  const [error, setError] = useState<unknown>(null)
  const controller = useRef<AbortController | null>(null)
  useEffect(() => () => controller.current?.abort(), [])
  const run = async (): Promise<"done" | "cancelled" | "broken"> => {
    const stop = new AbortController()
    controller.current = stop
    setError(null)
    try {
      const sink = await sinkOf(Exporting.fileName(Date.now()))
      setDone(0)
      let shownMillis = 0
      const count = await Exporting.run(
        await stream("orders.export", { query: filter }, stop.signal),
        sink,
        (orders) => {
          // More often than this nobody sees.
          if (Date.now() - shownMillis < 100) return
          shownMillis = Date.now()
          setDone(orders)
        }
      )
      onDone(count)
      return "done"
    } catch (fault) {
      if (!isAbort(fault)) setError(fault)
      return isAbort(fault) ? "cancelled" : "broken"
    } finally {
      setDone(null)
    }
  }
  return { done, error, run, cancel: () => controller.current?.abort() }
}

const Body = ({ filter, onClose }: { readonly filter: Filter; readonly onClose: () => void }) => {
  const t = useWords(orders)
  const { count } = useFormats()
  const total = useQuery({
    queryKey: ["orders", "count", filter],
    queryFn: ({ signal }) => call("orders.count", { query: filter }, signal)
  })
  const { done, error, run, cancel } = useExport(filter, (exported) => {
    toast(t.exportDone(count(exported)))
    onClose()
  })
  const begin = () =>
    void run().then((end) => {
      if (end === "cancelled") toast(t.exportCancelled, "bad")
    })
  const all = total.data
  const progress = t[all?.isExact === false ? "exportProgressAbout" : "exportProgress"]
  return (
    <div className={css["dialog"]}>
      <p>
        {Object.keys(filter).length === 0 ? t.exportAll : t.exportSome} {t.exportTold}
      </p>
      <p className="muted">
        {all === undefined ? t.counting : (all.isExact ? t.countExact : t.countAbout)(count(all.count))}
      </p>
      {done === null ? null : (
        <div role="status">
          <Progress.Root size="lg">
            <Progress.Section
              value={all === undefined ? 0 : Exporting.percent(done, all)}
              aria-label={t.exportTitle}
              animated
            />
          </Progress.Root>
          <p className="figures">{progress(count(done), all === undefined ? "…" : count(all.count))}</p>
        </div>
      )}
      {error === null ? null : error instanceof Refused ? (
        <Problem error={error} what={t.exportBroke} />
      ) : (
        <p role="alert" className={css["broke"]}>
          {t.exportBroke}. {t.exportBrokeTold}
        </p>
      )}
      <div className={css["buttons"]}>
        <Button variant="default" onClick={done === null ? onClose : cancel}>
          {done === null ? t.close : t.cancel}
        </Button>
        <Button onClick={begin} loading={done !== null} data-autofocus>
          {t.exportBegin}
        </Button>
      </div>
    </div>
  )
}

/** Exports what a search finds: counted while it is read, cancelled when nobody wants it any more. */
export const Export = ({ filter, isDisabled }: { readonly filter: Filter; readonly isDisabled: boolean }) => {
  const t = useWords(orders)
  const { close } = useWords(parts)
  // The filter stays the one that the dialog was opened with, whatever the clock makes of a quick range.
  const [opened, setOpened] = useState<Filter | null>(null)
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
        disabled={isDisabled}
        onClick={() => setOpened(filter)}
      >
        {t.export}
      </Button>
      <Modal
        opened={opened !== null}
        onClose={() => setOpened(null)}
        title={t.exportTitle}
        closeButtonProps={{ "aria-label": close }}
        closeOnClickOutside={false}
      >
        {opened === null ? null : <Body filter={opened} onClose={() => setOpened(null)} />}
      </Modal>
    </>
  )
}
