import { type ReactNode, useState } from "react"
import { call } from "../Admin.ts"
import { ReasonDialog } from "../parts/ReasonDialog.tsx"
import { type Shown, ShownOnce } from "../parts/ShownOnce.tsx"
import { apps as texts } from "../words/apps.ts"
import { useWords } from "../words/Words.ts"
import { type App, type Change, eventsOf, isAddress, limitOf, most } from "./App.ts"
import css from "./apps.module.css"
import { EndpointFields, LimitFields, OverlapField } from "./Fields.tsx"

/** What is wanted before it is filled in. */
export type Wanted =
  | { readonly type: "addKey" | "rotateKey" | "addEndpoint" | "disable" | "enable" | "setLimits" }
  | { readonly type: "revokeKey"; readonly keyId: string }
  | {
      readonly type: "removeEndpoint" | "rotateSecret" | "endOldSecret" | "startEndpoint" | "stopEndpoint"
      readonly endpoint: string
    }

/** What is typed into the dialogs. */
export type Given = {
  readonly overlap: string
  readonly url: string
  readonly isSome: boolean
  readonly chosen: ReadonlyArray<string>
  readonly others: string
  readonly creates: string
  readonly reads: string
  readonly streams: string
}

const grave: ReadonlySet<Wanted["type"]> = new Set(["revokeKey", "removeEndpoint", "endOldSecret", "disable"])
const changes = [["apps"], ["proposals"], ["overview"]] as const

const begun = ({ limits }: App): Given => ({
  overlap: "24",
  url: "",
  isSome: false,
  chosen: [],
  others: "",
  creates: limits.createsPerSecond === null ? "" : String(limits.createsPerSecond),
  reads: limits.readsPerSecond === null ? "" : String(limits.readsPerSecond),
  streams: limits.streams === null ? "" : String(limits.streams)
})

/** The change as the API takes it; null while something that is typed is not as it must be. */
const changeOf = (wanted: Wanted, given: Given): ((reason: string) => Change) | null => {
  switch (wanted.type) {
    case "rotateKey": {
      const { overlap } = given
      const overlapHours = Number(overlap)
      const isRight = /^\d{1,3}(?:\.\d{1,2})?$/.test(overlap.trim()) && overlapHours <= most.overlapHours
      return isRight ? (reason) => ({ type: "rotateKey", overlapHours, reason }) : null
    }
    case "addEndpoint": {
      const url = given.url.trim()
      const events = given.isSome ? eventsOf(given.chosen, given.others) : null
      if (!isAddress(url) || (given.isSome && events === null)) return null
      return (reason) => ({ type: "addEndpoint", url, events, reason })
    }
    case "setLimits": {
      const createsPerSecond = limitOf(given.creates, most.createsPerSecond)
      const readsPerSecond = limitOf(given.reads, most.readsPerSecond)
      const streams = limitOf(given.streams, most.streams)
      if (createsPerSecond === undefined || readsPerSecond === undefined || streams === undefined) return null
      return (reason) => ({ type: "setLimits", limits: { createsPerSecond, readsPerSecond, streams }, reason })
    }
    default:
      return (reason) => ({ ...wanted, reason }) as Change
  }
}

const Subject = ({ app, wanted }: { readonly app: App; readonly wanted: Wanted }) => {
  if (wanted.type === "revokeKey") return <p className="mono">{wanted.keyId}</p>
  if (!("endpoint" in wanted)) return null
  const endpoint = app.endpoints.find(({ id }) => id === wanted.endpoint)
  return <p className={`${css["breaking"]} mono`}>{endpoint?.url ?? wanted.endpoint}</p>
}

/** How an app is changed: `ask` opens the dialog of a change, `dialogs` stands somewhere on the page. */
export const useChanges = (app: App): { readonly ask: (wanted: Wanted) => void; readonly dialogs: ReactNode } => {
  const text = useWords(texts)
  const [wanted, setWanted] = useState<Wanted>({ type: "addKey" })
  const [isOpen, setOpen] = useState(false)
  const [given, setGiven] = useState(() => begun(app))
  const [shown, setShown] = useState<Shown | null>(null)
  const give = (part: Partial<Given>) => setGiven((before) => ({ ...before, ...part }))
  const { type } = wanted
  const change = changeOf(wanted, given)
  const fields = {
    rotateKey: <OverlapField given={given} give={give} />,
    addEndpoint: <EndpointFields given={given} give={give} />,
    setLimits: <LimitFields given={given} give={give} />
  }
  const field = type in fields ? fields[type as keyof typeof fields] : undefined
  return {
    ask: (next) => {
      setWanted(next)
      setGiven(begun(app))
      setOpen(true)
    },
    dialogs: (
      <>
        <ReasonDialog
          isOpen={isOpen}
          onClose={() => setOpen(false)}
          title={text[`${type}Title`]}
          explain={
            <>
              <Subject app={app} wanted={wanted} />
              <p>{text[`${type}Told`]}</p>
            </>
          }
          confirm={text[type]}
          isGrave={grave.has(type)}
          {...(field === undefined ? {} : { fields: field })}
          isReady={change !== null}
          act={(reason) =>
            change === null
              ? Promise.reject(new Error("The form is not filled in."))
              : call("apps.change", { path: { app: app.id }, body: change(reason) })
          }
          done={(outcome) => {
            if (outcome.proposal !== null) return text.proposed
            setShown(outcome.shown)
            return outcome.shown === null ? text.done : null
          }}
          changes={changes}
        />
        <ShownOnce
          shown={shown}
          of={type === "addKey" || type === "rotateKey" ? "key" : "secret"}
          onClose={() => setShown(null)}
        />
      </>
    )
  }
}
