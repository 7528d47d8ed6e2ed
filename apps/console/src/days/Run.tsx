import { Button, NativeSelect, TextInput } from "@mantine/core"
import { useState } from "react"
import { call } from "../Admin.ts"
import { ReasonDialog } from "../parts/ReasonDialog.tsx"
import { day as dayTexts, days as texts } from "../words/days.ts"
import { useWords } from "../words/Words.ts"
import { isDay } from "./Day.ts"

const dayMillis = 86_400_000
const changes = [["days"], ["differences"]] as const

/** Reconciles any day of a vendor. */
export const RunAny = ({ vendors }: { readonly vendors: ReadonlyArray<string> }) => {
  const text = useWords(texts)
  const [isOpen, setOpen] = useState(false)
  const [vendor, setVendor] = useState(vendors[0] ?? "")
  const [day, setDay] = useState("")
  const yesterday = new Date(Date.now() - dayMillis).toISOString().slice(0, 10)
  const begin = () => {
    setVendor(vendors[0] ?? "")
    setDay(yesterday)
    setOpen(true)
  }
  return (
    <>
      <Button variant="default" onClick={begin}>
        {text.run}
      </Button>
      <ReasonDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={text.runTitle}
        explain={<p>{text.runTold}</p>}
        confirm={text.runIt}
        isReady={vendor !== "" && isDay(day)}
        fields={
          <>
            <NativeSelect
              label={text.vendor}
              data={[...vendors]}
              value={vendor}
              onChange={(event) => setVendor(event.currentTarget.value)}
              data-autofocus
            />
            <TextInput
              type="date"
              label={text.day}
              description={text.dayTold}
              required
              max={yesterday}
              value={day}
              onChange={(event) => setDay(event.currentTarget.value)}
            />
          </>
        }
        act={(reason) => call("reconciliation.run", { path: { vendor, day }, body: { reason } })}
        done={() => text.runBegun(`${vendor} ${day}`)}
        changes={changes}
      />
    </>
  )
}

/** Reconciles one day, for the first time or again. */
export const RunOne = ({
  vendor,
  day,
  isFirst,
  isRunning = false
}: {
  readonly vendor: string
  readonly day: string
  readonly isFirst: boolean
  readonly isRunning?: boolean
}) => {
  const text = useWords(dayTexts)
  const { runBegun } = useWords(texts)
  const [isOpen, setOpen] = useState(false)
  const name = isFirst ? text.runFirst : text.runAgain
  return (
    <>
      <Button variant={isFirst ? "filled" : "default"} disabled={isRunning} onClick={() => setOpen(true)}>
        {name}
      </Button>
      <ReasonDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={`${name}: ${vendor} ${day}`}
        explain={<p>{text.runTold}</p>}
        confirm={name}
        act={(reason) => call("reconciliation.run", { path: { vendor, day }, body: { reason } })}
        done={() => runBegun(`${vendor} ${day}`)}
        changes={changes}
      />
    </>
  )
}
