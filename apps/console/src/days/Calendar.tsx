import { Link } from "@tanstack/react-router"
import { useNow } from "../clock.ts"
import { Card } from "../parts/Card.tsx"
import { days as texts } from "../words/days.ts"
import { useLanguage, useWords } from "../words/Words.ts"
import { countOf, type Day, stateOf, weeksOf } from "./Day.ts"
import { dayTones, useDayWord } from "./DayState.tsx"
import css from "./days.module.css"

const weeksShown = 9

/** The sign of a state: colour never says it alone. */
const signs = { fine: "✓", open: "", awaited: "…", failed: "!", running: "▸", due: "·", later: "·" } as const

const most = 999
const shortly = (count: number): string => (count > most ? `${most}+` : String(count))

const useDates = () => {
  const locale = useLanguage() === "zh" ? "zh-CN" : "en-GB"
  const full = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", timeZone: "UTC" })
  const month = new Intl.DateTimeFormat(locale, { month: "short", timeZone: "UTC" })
  const weekday = new Intl.DateTimeFormat(locale, { weekday: "narrow", timeZone: "UTC" })
  const weekdayLong = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" })
  const at = (day: string) => new Date(`${day}T00:00:00Z`)
  return {
    full: (day: string) => full.format(at(day)),
    month: (day: string) => month.format(at(day)),
    weekday: (day: string) => weekday.format(at(day)),
    weekdayLong: (day: string) => weekdayLong.format(at(day))
  }
}

const Square = ({ day, of }: { readonly day: string; readonly of: Day | undefined }) => {
  const nowMillis = useNow(60_000)
  const word = useDayWord()
  const dates = useDates()
  const number = Number(day.slice(-2))
  if (of === undefined)
    return (
      <span className={css["square"]} data-tone="none">
        {number}
      </span>
    )
  const state = stateOf(of, nowMillis)
  const said = word(of, state)
  return (
    <Link
      to="/reconciliation/$vendor/$day"
      params={{ vendor: of.vendor, day }}
      className={css["square"]}
      data-tone={dayTones[state]}
      title={`${day} · ${said}`}
    >
      <span className="visually-hidden">
        {dates.full(day)}: {said}
      </span>
      <span aria-hidden>{number}</span>
      <span aria-hidden className={css["sign"]}>
        {state === "open" ? shortly(countOf(of, "open")) : signs[state]}
      </span>
    </Link>
  )
}

/** A vendor's last weeks, a square a day. */
export const Calendar = ({ vendor, days }: { readonly vendor: string; readonly days: ReadonlyArray<Day> }) => {
  const text = useWords(texts)
  const dates = useDates()
  const weeks = weeksOf(
    days.map(({ day }) => day),
    weeksShown
  )
  return (
    <Card title={<bdi>{vendor}</bdi>}>
      <table className={css["calendar"]}>
        <caption className="visually-hidden">{text.calendarOf(vendor)}</caption>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">{text.week}</span>
            </th>
            {weeks[0]?.map((day) => (
              <th key={day} scope="col">
                <span aria-hidden>{dates.weekday(day)}</span>
                <span className="visually-hidden">{dates.weekdayLong(day)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week, at) => {
            const monday = week[0] ?? ""
            const isNew = at === 0 || monday.slice(0, 7) !== (weeks[at - 1]?.[0] ?? "").slice(0, 7)
            return (
              <tr key={monday}>
                <th scope="row" className={css["month"]}>
                  <span aria-hidden>{isNew ? dates.month(monday) : ""}</span>
                  <span className="visually-hidden">{dates.full(monday)}</span>
                </th>
                {week.map((day) => (
                  <td key={day}>
                    <Square day={day} of={days.find((one) => one.day === day)} />
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </Card>
  )
}

/** What the squares mean. */
export const Legend = () => {
  const text = useWords(texts)
  const entries = [
    ["good", signs.fine, text.fine],
    ["warn", "3", text.open],
    ["wait", signs.awaited, text.awaited],
    ["bad", signs.failed, text.failedState],
    ["info", signs.running, text.running],
    ["plain", signs.due, text.due]
  ] as const
  return (
    <ul className={css["legend"]}>
      {entries.map(([tone, sign, word]) => (
        <li key={word}>
          <span className={css["key"]} data-tone={tone} aria-hidden>
            {sign}
          </span>
          {word}
        </li>
      ))}
    </ul>
  )
}
