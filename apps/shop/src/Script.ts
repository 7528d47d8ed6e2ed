/** The one script of the pages: where a page is live, it takes over what the server says anew, and counts down. Without it the page loads itself again. */
export const script = `"use strict"
const said = new Map()
const parts = (of) => [...of.querySelectorAll("[data-part]")]
const tongue = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang

const twoDigits = (number) => String(number).padStart(2, "0")
const count = () => {
  for (const left of document.querySelectorAll("[data-until]")) {
    const seconds = Math.max(0, Math.floor((Date.parse(left.dataset.until) - Date.now()) / 1000))
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
    left.textContent = (hours > 0 ? hours + ":" + twoDigits(minutes) : minutes) + ":" + twoDigits(seconds % 60)
    left.parentElement.hidden = false
  }
}
const localise = () => {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime)
    const isToday = at.toDateString() === new Date().toDateString()
    time.title = time.dateTime
    time.textContent = isToday
      ? at.toLocaleTimeString(tongue)
      : at.toLocaleString(tongue, { dateStyle: "medium", timeStyle: "medium" })
  }
  count()
}

/** Whoever types is not disturbed. */
const isTouched = (part) =>
  [...part.querySelectorAll("input:not([type=hidden])")].some(
    (input) => input === document.activeElement || input.value !== input.defaultValue
  )

const take = (old, fresh) => {
  if (said.get(old.id) === fresh.innerHTML || isTouched(old)) return
  said.set(old.id, fresh.innerHTML)
  const open = [...old.querySelectorAll("details[open]")].map(({ id }) => id)
  const focused = old.contains(document.activeElement) ? document.activeElement.id : ""
  old.className = fresh.className
  old.replaceChildren(...fresh.childNodes)
  for (const id of open) document.getElementById(id)?.setAttribute("open", "")
  if (focused !== "") document.getElementById(focused)?.focus()
}

let isRenewing = false
let isStale = false
const renew = async () => {
  isStale = true
  if (isRenewing) return
  isRenewing = true
  while (isStale) {
    isStale = false
    const answer = await fetch(location.href).catch(() => undefined)
    if (answer === undefined || !answer.ok) continue
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html")
    document.title = fresh.title
    for (const part of parts(fresh)) {
      const old = document.getElementById(part.id)
      if (old !== null) take(old, part)
    }
    localise()
  }
  isRenewing = false
}

for (const part of parts(document)) said.set(part.id, part.innerHTML)
localise()
setInterval(count, 1000)
const { live } = document.querySelector("main").dataset
if (live !== undefined) {
  const stream = new EventSource(live)
  stream.onopen = renew
  stream.addEventListener("changed", renew)
  addEventListener("pagehide", () => stream.close())
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload())
}
`
