import { VisuallyHidden } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { useId, useMemo } from "react"
import { useStateWord } from "../parts/Status.tsx"
import { machine as texts } from "../words/machine.ts"
import { useWords } from "../words/Words.ts"
import { payment, refund } from "./graphs.ts"
import * as Layout from "./Layout.ts"
import styles from "./Machine.module.css"
import * as Way from "./Way.ts"

interface Row {
  readonly status: string
  readonly cause: string
  readonly at: string
}

interface Given {
  readonly kind: "payment" | "refund"
  /** Of this payment or refund alone, oldest first. */
  readonly history: ReadonlyArray<Row>
  readonly state: string
  /** The cause of a step in words. */
  readonly said: (cause: string) => string
  /** What a vendor is seen to say, in words: `paid`. */
  readonly evidence: (kind: string) => string
  /** States that a person can let it go on as, where it is held. */
  readonly byPerson?: ReadonlyArray<string>
}

const graphs = { payment, refund } as const
const layouts = {
  payment: { wide: Layout.paymentWide, tall: Layout.paymentTall },
  refund: { wide: Layout.refundWide, tall: Layout.refundTall }
} as const

type Kind = "plain" | "next" | "taken"
const classes = { plain: styles["arrow"], next: styles["next"], taken: styles["taken"] } as const
const heads = { plain: styles["headPlain"], next: styles["headNext"], taken: styles["headTaken"] } as const

const Heads = ({ id }: { readonly id: string }) => (
  <defs>
    {(["plain", "next", "taken"] as const).map((kind) => (
      <marker
        key={kind}
        id={`${id}-${kind}`}
        viewBox="0 0 8 8"
        refX="6"
        refY="4"
        markerWidth={kind === "taken" ? 12 : 8}
        markerHeight={kind === "taken" ? 12 : 8}
        markerUnits="userSpaceOnUse"
        orient="auto"
      >
        <path d="M0 0.5 L8 4 L0 7.5 Z" className={heads[kind]} />
      </marker>
    ))}
  </defs>
)

/** The numbers of the steps that went along an arrow; many are told by the first and the last. */
const numbersText = (numbers: ReadonlyArray<number>): string =>
  numbers.length <= 3 ? numbers.join(", ") : `${numbers[0]} … ${numbers.at(-1)}`

const Badge = ({ at, numbers }: { readonly at: Layout.Point; readonly numbers: ReadonlyArray<number> }) => {
  const text = numbersText(numbers)
  const width = Math.max(18, 10 + text.length * 6)
  return (
    <g>
      <rect className={styles["badge"]} x={at.x - width / 2} y={at.y - 9} width={width} height={18} rx={9} />
      <text className={styles["number"]} x={at.x} y={at.y + 3.5} textAnchor="middle">
        {text}
      </text>
    </g>
  )
}

const Box = ({
  layout,
  state,
  said,
  look
}: {
  readonly layout: Layout.Layout
  readonly state: string
  readonly said: string
  readonly look: string | undefined
}) => {
  const { x, y } = layout.at[state] ?? { x: 0, y: 0 }
  const { width, height } = layout.box
  const lines = width < 120 && state.length > 14 ? state.replace("_", "_\n").split("\n") : [state]
  const shown = width < 120 && said.length > 17 ? `${said.slice(0, 16)}…` : said
  return (
    <g className={look}>
      <rect className={styles["box"]} x={x - width / 2} y={y - height / 2} width={width} height={height} rx={9} />
      {lines.map((line, index) => (
        <text
          key={line}
          className={styles["word"]}
          x={x}
          y={y + (lines.length > 1 ? -8 + index * 11 : -3)}
          textAnchor="middle"
        >
          {line}
        </text>
      ))}
      <text className={styles["said"]} x={x} y={y + (lines.length > 1 ? 16 : 13)} textAnchor="middle">
        {shown}
      </text>
    </g>
  )
}

const lookOf = (state: string, present: string, visited: ReadonlySet<string>, reach: ReadonlySet<string>) => {
  if (state === present) return state === "HELD" ? styles["presentHeld"] : styles["present"]
  if (visited.has(state)) return styles["visited"]
  return reach.has(state) ? undefined : styles["dim"]
}

/** The drawing alone; what it says stands beside it as a list. */
const Drawing = ({ kind, history, state, isWide, byPerson = [] }: Given & { readonly isWide: boolean }) => {
  const id = useId()
  const word = useStateWord()
  const graph = graphs[kind]
  const layout = layouts[kind][isWide ? "wide" : "tall"]
  const curves = useMemo(() => Layout.routes(layout, graph), [layout, graph])
  const steps = Way.stepsOf(graph, history)
  const taken = Way.taken(steps)
  const visited = new Set(steps.flatMap(({ from, to }) => [from, to]))
  const reach = new Set([...Way.reachable(graph, state), ...byPerson])
  const opened = byPerson.filter((to) => to !== state).map((to) => Way.keyOf(state, to))
  const drawn = [...new Set([...curves.keys(), ...taken.keys(), ...opened])].map((key) => {
    const [from = "", to = ""] = key.split(">")
    const isPaired = curves.has(Way.keyOf(to, from)) || taken.has(Way.keyOf(to, from))
    const look: Kind = taken.has(key) ? "taken" : from === state ? "next" : "plain"
    return { key, look, curve: curves.get(key) ?? Layout.route(layout, from, to, isPaired) }
  })
  const rank = { plain: 0, next: 1, taken: 2 }
  drawn.sort((a, b) => rank[a.look] - rank[b.look])
  return (
    <svg
      className={styles["svg"]}
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      style={{ maxWidth: layout.width * 1.15 }}
      aria-hidden="true"
    >
      <Heads id={id} />
      {drawn.map(({ key, look, curve }) => (
        <path key={key} d={curve.path} className={classes[look]} markerEnd={`url(#${id}-${look})`} />
      ))}
      {graph.states.map((each) => (
        <Box key={each} layout={layout} state={each} said={word(each)} look={lookOf(each, state, visited, reach)} />
      ))}
      {drawn.map(({ key, curve }) => {
        const numbers = taken.get(key)
        return numbers === undefined ? null : <Badge key={key} at={curve.middle} numbers={numbers} />
      })}
    </svg>
  )
}

const Key = ({ look, text }: { readonly look: Kind; readonly text: string }) => (
  <span className={styles["key"]}>
    <svg width="28" height="8" aria-hidden="true">
      <path d="M0 4H28" className={classes[look]} />
    </svg>
    {text}
  </span>
)

type Marks = Readonly<Record<"past the deadline" | "before the deadline" | "if told dead", string>>

/** `open † past the deadline` or `close()` in words. */
const inWords = (name: string, { said: ofCause, evidence }: Pick<Given, "said" | "evidence">, marks: Marks): string => {
  const [, word = name, sign = "", mark = ""] = /^(\S+)(?: (†|‡))?(?: (.+))?$/.exec(name) ?? []
  const said = Object.hasOwn(marks, mark) ? `(${marks[mark as keyof Marks]})` : mark
  return [word.endsWith("()") ? ofCause(word.slice(0, -2)) : evidence(word), sign, said]
    .filter((part) => part !== "")
    .join(" ")
}

const Onward = ({ kind, state, said, evidence }: Pick<Given, "kind" | "state" | "said" | "evidence">) => {
  const t = useWords(texts)
  const word = useStateWord()
  const onward = graphs[kind].arrows.filter(({ from, to }) => from === state && to !== state)
  const marks = onward.flatMap(({ by }) => by).join(" ")
  return (
    <div className={styles["onward"]}>
      {state === "HELD" ? <p style={{ margin: 0 }}>{t.byPerson}</p> : null}
      {onward.length === 0 ? (
        state === "HELD" ? null : (
          t.nowhere
        )
      ) : (
        <>
          <strong>{t.onward}</strong>
          <ul>
            {onward.map(({ to, by }) => (
              <li key={to}>
                <code>{to}</code> {t.leads(word(to))}{" "}
                <span className="muted">{by.map((name) => inWords(name, { said, evidence }, t)).join(" · ")}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      <div className={styles["legend"]}>
        {marks.includes("†") ? <span>{t.fresh}</span> : null}
        {marks.includes("‡") ? <span>{t.contradiction}</span> : null}
      </div>
    </div>
  )
}

/** A machine of the domain with the way that one order took through it. */
export const Machine = (given: Given) => {
  const { kind, history, state, said, evidence } = given
  const t = useWords(texts)
  const isWide = useMediaQuery("(min-width: 800px)", true, { getInitialValueInEffect: false })
  const steps = Way.stepsOf(graphs[kind], history)
  return (
    <figure className={styles["figure"]} aria-label={t[kind]}>
      <div className={styles["scroller"]}>
        <Drawing {...given} isWide={isWide} />
      </div>
      <VisuallyHidden>
        <p>{t.way}</p>
        <ol>
          {steps.map(({ number, from, to, cause }) => (
            <li key={number}>{t.step(number, from, to, said(cause))}</li>
          ))}
        </ol>
        <p>{steps.length === 0 ? t.noSteps : t.nowIn(state)}</p>
      </VisuallyHidden>
      <figcaption className={styles["legend"]}>
        <Key look="taken" text={t.legendTaken} />
        <Key look="next" text={t.legendNext} />
        <Key look="plain" text={t.legendOther} />
        <span className={styles["key"]}>
          <svg width="28" height="14" aria-hidden="true" className={styles["dim"]}>
            <rect className={styles["box"]} x="1" y="1" width="26" height="12" rx="3" />
          </svg>
          {t.legendUnreachable}
        </span>
      </figcaption>
      <Onward kind={kind} state={state} said={said} evidence={evidence} />
    </figure>
  )
}
