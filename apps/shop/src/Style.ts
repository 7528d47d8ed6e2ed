/** The look of all pages, light and dark; every pair of its colours stands 4.5:1 apart or more (WCAG 2.2 AA). */
export const style = `
:root { color-scheme: light dark; --ink: #17212e; --soft: #556274; --line: #dbe1e8; --ground: #f4f6f8; --card: #fff; --mark: #0a6a4c; --on: #fff; --tint: #e4f3ec; --good: #0a6a4c; --wait: #8a5300; --bad: #b3261e; --doubt: #6741b8; --gone: #556274; --sky: #dcefe6 }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebf1; --soft: #a3afbe; --line: #303a48; --ground: #10151b; --card: #19202a; --mark: #62d4a8; --on: #0c2119; --tint: #17302a; --good: #62d4a8; --wait: #f0b35c; --bad: #ff9a90; --doubt: #c0a6ff; --gone: #a3afbe; --sky: #1b3a31 } }
*, ::before, ::after { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "WenQuanYi Micro Hei", sans-serif }
header, main, footer { width: 100%; max-width: 66rem; margin: 0 auto; padding: 0 1.25rem }
.top { background: var(--card); border-bottom: 1px solid var(--line) }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.5rem; padding-top: .9rem; padding-bottom: .9rem }
.brand { display: flex; align-items: center; gap: .55rem; font-size: 1.1rem; font-weight: 700; color: var(--ink); text-decoration: none }
.brand svg { width: 1.75rem; height: 1.75rem; color: var(--mark) }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; flex: 1 } nav a { color: var(--soft); text-decoration: none; padding: .25rem 0; border-bottom: 2px solid transparent }
nav a:hover, nav a[aria-current] { color: var(--mark); border-color: currentColor } .tongue { font-size: .9rem }
main { flex: 1; padding-top: 2rem; padding-bottom: 3rem }
footer { padding-top: 1rem; padding-bottom: 1.5rem; color: var(--soft); font-size: .85rem; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; justify-content: space-between }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance } h2 { margin: 0 0 .75rem; font-size: 1.15rem } p { margin: 0 0 1rem }
.lead { margin: .35rem 0 1.75rem; color: var(--soft); max-width: 42rem } .soft, dt, .hint { color: var(--soft) } .hint { font-size: .875rem; margin: .5rem 0 0 }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .9rem; padding: 1.4rem } .stack { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem } .hero + .sides, main > .card + .card { margin-top: 1.25rem } .card:empty, .stack > :empty { display: none }
.wide { overflow-x: auto; padding: 0 } .empty { color: var(--soft); text-align: center; padding: 2.5rem 1.4rem }
.shelf { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1.25rem }
.ware { display: flex; flex-direction: column; padding: 0; overflow: hidden } .ware > svg { display: block; width: 100%; height: 7.5rem; background: var(--sky); color: var(--mark) }
.ware > div { padding: 1.25rem 1.4rem 1.4rem; display: flex; flex-direction: column; flex: 1 } .ware h2 { margin: 0 } .ware .days { color: var(--soft); margin: 0 0 .75rem; font-size: .9rem }
.covers { list-style: none; margin: 0 0 1.25rem; padding: 0 } .covers li { padding-left: 1.5rem; position: relative } .covers li::before { content: "✓"; position: absolute; left: 0; color: var(--good); font-weight: 700 }
.price { margin: auto 0 .9rem; font-size: 1.6rem; font-weight: 700; font-variant-numeric: tabular-nums } .price small { font-size: .9rem; font-weight: 400; color: var(--soft); margin-left: .4rem }
.sides { display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); align-items: start } @media (max-width: 46rem) { .sides { grid-template-columns: minmax(0, 1fr) } .ware > svg { height: 5.5rem } nav { order: 1; flex-basis: 100% } .tongue { margin-left: auto } #orders :is(th, td):nth-child(n + 4) { display: none } #orders code { max-width: 9rem } }
fieldset { border: 0; margin: 0 0 1.25rem; padding: 0; min-width: 0 } legend { font-weight: 600; padding: 0 0 .5rem } fieldset + fieldset { margin-top: 1.25rem }
.way { display: flex; align-items: center; gap: .75rem; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .6rem; cursor: pointer; color: var(--ink) } .way + .way { margin-top: .5rem }
.way:has(input:checked) { border-color: var(--mark); background: var(--tint); box-shadow: inset 0 0 0 1px var(--mark) } .way:has(input:focus-visible) { outline: 3px solid var(--mark); outline-offset: 2px }
.way input { width: 1.1rem; height: 1.1rem; margin: 0; flex: none; accent-color: var(--mark) } .way span { flex: 1; min-width: 0 } .way b { display: block; font-weight: 600 } .way small { color: var(--soft) } .way em { font-style: normal; font-weight: 600; white-space: nowrap }
dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .45rem 1rem; margin: 0 } dd { margin: 0; text-align: right; overflow-wrap: anywhere } dd code { font-size: .78em } .total { border-top: 1px solid var(--line); margin-top: .9rem; padding-top: .9rem; font-weight: 700; font-size: 1.15rem } .total dt { color: var(--ink) }
.hero { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 1.1rem; align-items: center; border-left: 5px solid var(--tone) } .hero h1 { font-size: 1.5rem; color: var(--tone) } .hero p { margin: .3rem 0 0 }
.sign { width: 3.25rem; height: 3.25rem; border-radius: 50%; display: grid; place-items: center; border: 2px solid var(--tone); color: var(--tone); font-size: 1.6rem; font-weight: 700; line-height: 1 }
.good { --tone: var(--good) } .wait { --tone: var(--wait) } .bad { --tone: var(--bad) } .doubt { --tone: var(--doubt) } .gone { --tone: var(--gone) }
.steps { list-style: none; display: flex; margin: 1.25rem 0 0; padding: 0; grid-column: 1 / -1; font-size: .9rem } .steps li { flex: 1; padding-top: .6rem; border-top: 3px solid var(--line); color: var(--soft) } .steps li.is { border-color: var(--tone); color: var(--ink); font-weight: 600 }
.badge { display: inline-block; padding: .1rem .6rem; border: 1px solid var(--tone); border-radius: 1rem; color: var(--tone); font-size: .85rem; font-weight: 600; white-space: nowrap } code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, monospace; font-size: .85em } code { overflow-wrap: anywhere }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums } th, td { padding: .75rem 1rem; text-align: left; border-bottom: 1px solid var(--line) } th { color: var(--soft); font-size: .8rem; font-weight: 600; white-space: nowrap } tbody tr:last-child td { border-bottom: 0 }
td.amount, th.amount { text-align: right; white-space: nowrap } td small, .event small { color: var(--soft); font-size: .8rem } td small { display: block } #orders code { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap } time { white-space: nowrap }
.events { list-style: none; margin: 0; padding: 0 } .event { padding: 1rem 1.4rem; border-bottom: 1px solid var(--line) } .event:last-child { border-bottom: 0 } .facts { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3rem .9rem } .facts b { font-size: 1rem } .facts time { margin-left: auto; color: var(--soft); font-variant-numeric: tabular-nums }
details { margin-top: .5rem } summary { cursor: pointer; color: var(--mark); font-size: .9rem; width: fit-content } pre { margin: .6rem 0 0; padding: .9rem; background: var(--ground); border: 1px solid var(--line); border-radius: .5rem; overflow: auto; max-height: 24rem }
form { margin: 0 } form + form { margin-top: .9rem } label { display: block; color: var(--soft); font-size: .9rem } .row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end } .row label { flex: 1; min-width: 9rem }
input[name=amount] { display: block; width: 100%; margin-top: .25rem; padding: .65rem .7rem; font: inherit; font-size: 1rem; color: var(--ink); background: var(--card); border: 1px solid var(--soft); border-radius: .5rem }
button, a.button { display: inline-block; padding: .65rem 1.25rem; font: inherit; font-weight: 600; text-align: center; text-decoration: none; color: var(--on); background: var(--mark); border: 1px solid var(--mark); border-radius: .55rem; cursor: pointer } .big { width: 100%; padding: .85rem; font-size: 1.1rem }
button.quiet { color: var(--mark); background: transparent; border-color: var(--line) } a { color: var(--mark) } footer a { color: var(--soft) } .pay .row { justify-content: space-between; align-items: center } .left { font-variant-numeric: tabular-nums; font-weight: 600 }
:is(a, button, input, summary):focus-visible { outline: 3px solid var(--mark); outline-offset: 2px } .notice { border-left: 5px solid var(--tone) }
`.trim()
