import { IconAlertTriangle } from "@tabler/icons-react"
import { Link } from "@tanstack/react-router"
import { useNow } from "../clock.ts"
import type { Overview } from "../overview.ts"
import type { Tone } from "../parts/Badge.tsx"
import { standing } from "../parts/Standing.ts"
import { useFormats } from "../words/Formats.ts"
import { now as texts } from "../words/now.ts"
import { useWords } from "../words/Words.ts"
import css from "./now.module.css"
import * as Series from "./Series.ts"

/** Where a tile leads: a page with its search, or a part of this page. */
type To = { readonly to: string; readonly search?: Readonly<Record<string, string>>; readonly hash?: string }

const Tile = ({
  name,
  value,
  told,
  tone = "plain",
  to
}: {
  readonly name: string
  readonly value: string
  readonly told: string
  readonly tone?: Tone
  readonly to: To
}) => {
  const isTrouble = tone === "warn" || tone === "bad"
  return (
    <li>
      <Link {...(to as { readonly to: "/" })} className={css["tile"]} data-tone={tone}>
        <span className={css["tileName"]}>{name}</span>
        <span className={css["tileValue"]}>
          {value}
          {isTrouble ? <IconAlertTriangle size={18} aria-hidden /> : null}
        </span>
        <span className={css["tileTold"]}>{told}</span>
      </Link>
    </li>
  )
}

const recentMinutes = 5

/** So many endpoints are listed at most. */
const mostShown = 10

/** How late work is, in seconds, before it is said to be so. */
const lateSeconds = 30

const Flow = ({ vendors }: Pick<Overview, "vendors">) => {
  const text = useWords(texts)
  const { count, percent } = useFormats()
  const success = Series.recentSuccess(vendors, recentMinutes)
  return (
    <>
      <Tile
        name={text.perMinute}
        value={count(Series.placedBack(vendors, 1))}
        told={text.soFar(count(Series.placedBack(vendors, 0)))}
        to={{ to: "/orders" }}
      />
      <Tile
        name={text.successRate}
        value={success === null ? "–" : percent(success)}
        told={success === null ? text.nothingEnded : text.ofEnded(count(recentMinutes))}
        tone={success !== null && success < 0.5 ? "bad" : "plain"}
        to={{ to: "/orders", search: { status: "FAILED" } }}
      />
    </>
  )
}

const Troubles = ({ overview: { inDoubt, held, proposals } }: { readonly overview: Overview }) => {
  const text = useWords(texts)
  const { count, duration } = useFormats()
  const nowMillis = useNow(5000)
  const age = (since: string | undefined) =>
    since === undefined ? text.none : text.oldest(duration(Math.max(0, nowMillis - Date.parse(since)) / 1000))
  return (
    <>
      <Tile
        name={text.inDoubt}
        value={count(inDoubt.count)}
        told={age(inDoubt.oldest[0]?.since)}
        tone={inDoubt.count > 0 ? "warn" : "good"}
        to={{ to: "/", hash: "in-doubt" }}
      />
      <Tile
        name={text.held}
        value={count(held.count)}
        told={age(held.oldest[0]?.since)}
        tone={held.count > 0 ? "warn" : "good"}
        to={{ to: "/orders", search: { status: "HELD" } }}
      />
      <Tile
        name={text.proposals}
        value={count(proposals)}
        told={proposals === 0 ? text.none : text.proposalsTold}
        tone={proposals > 0 ? "info" : "good"}
        to={{ to: "/proposals" }}
      />
    </>
  )
}

const Work = ({ overview: { queues, deliveriesBehind } }: { readonly overview: Overview }) => {
  const text = useWords(texts)
  const { count, duration } = useFormats()
  const lag = Math.max(0, ...queues.map(({ oldestSeconds }) => oldestSeconds))
  const waiting = queues.reduce((total, queue) => total + queue.waiting, 0)
  const stopped = deliveriesBehind.filter((endpoint) => endpoint.stopped !== null).length
  const failing = deliveriesBehind.filter((endpoint) => standing(endpoint, 0).is === "failing").length
  return (
    <>
      <Tile
        name={text.lag}
        value={duration(lag)}
        told={waiting === 0 ? text.onTime : text.waiting(count(waiting))}
        tone={lag > lateSeconds ? "warn" : "good"}
        to={{ to: "/", hash: "queues" }}
      />
      <Tile
        name={text.behind}
        value={deliveriesBehind.length < mostShown ? count(deliveriesBehind.length) : `${count(mostShown)}+`}
        told={
          stopped > 0
            ? text.stopped(count(stopped))
            : failing > 0
              ? text.notTaking(count(failing))
              : deliveriesBehind.length > 0
                ? text.delivering
                : text.deliveriesFlow
        }
        tone={stopped + failing > 0 ? "bad" : deliveriesBehind.length > 0 ? "warn" : "good"}
        to={{ to: "/", hash: "behind" }}
      />
    </>
  )
}

/** The figures to look at first; each leads to the list that it speaks of. */
export const Tiles = ({ overview }: { readonly overview: Overview }) => {
  const text = useWords(texts)
  return (
    <ul className={css["tiles"]} aria-label={text.tiles}>
      <Flow vendors={overview.vendors} />
      <Troubles overview={overview} />
      <Work overview={overview} />
    </ul>
  )
}
