import { page } from "./Page.ts"
import { facts, hiddenKey, price } from "./Shown.ts"
import { type Language, type Policy, policies, type Way } from "./Wares.ts"
import { words } from "./Words.ts"

const covers = ({ covers }: Policy, language: Language): string =>
  `<ul class="covers">${covers[language].map((cover) => `<li>${cover}</li>`).join("")}</ul>`

const card = (language: Language, policy: Policy, isOpen: boolean): string => {
  const { choose, or } = words[language]
  const { id, name, days, picture } = policy
  const way = `<a class="button big" href="/checkout?policy=${id}" aria-label="${choose}: ${name[language]}">${choose}</a>`
  return `<article class="card ware"><svg viewBox="0 0 320 120" preserveAspectRatio="xMidYMax slice" aria-hidden="true">${picture}</svg>
<div><h2>${name[language]}</h2><p class="days">${days[language]}</p>${covers(policy, language)}
<p class="price">${price(policy, "CNY")}<small>${or} ${price(policy, "USD")}</small></p>${isOpen ? way : ""}</div></article>`
}

/** The policies on sale; nothing can be bought where there is no way to pay. */
export const shelf = (language: Language, ways: ReadonlyArray<Way>): string => {
  const { shop, slogan, lead, closed } = words[language]
  const cards = policies.map((policy) => card(language, policy, ways.length > 0))
  const why = ways.length === 0 ? `\n<p class="card notice wait">${closed}</p>` : ""
  const body = `<h1>${slogan}</h1>\n<p class="lead">${lead}</p>${why}\n<div class="shelf">${cards.join("\n")}</div>`
  return page({ language, title: shop, body, place: "policies", live: null })
}

const choice = (language: Language, policy: Policy, way: Way, isChosen: boolean): string =>
  `<label class="way"><input type="radio" name="way" value="${way.id}"${isChosen ? " checked" : ""}><span><b>${way.name[language]}</b><small>${way.about[language]}</small></span><em>${price(policy, way.currency)}</em></label>`

/** One policy, and the ways to pay for it. */
export const checkout = (language: Language, policy: Policy, ways: ReadonlyArray<Way>): string => {
  const said = words[language]
  const [platform, direct] = [true, false].map((isPlatform) =>
    ways.filter(({ vendor }) => (vendor === "platform") === isPlatform)
  )
  const group = (name: string, of: ReadonlyArray<Way> = []) =>
    of.length === 0
      ? ""
      : `<fieldset><legend>${name}</legend>${of.map((way) => choice(language, policy, way, way === ways[0])).join("")}</fieldset>`
  const sum = facts([
    [said.policy, policy.name[language]],
    ["", policy.days[language]]
  ])
  const total = facts(
    [[said.total, `${price(policy, "CNY")} <small>${said.or} ${price(policy, "USD")}</small>`]],
    "total"
  )
  const body = `<h1>${said.checkout}</h1>\n<p class="lead">${said.checkoutLead}</p>
<div class="sides"><form class="card" method="post" action="/buy"><h2>${said.way}</h2><input type="hidden" name="policy" value="${policy.id}"><input type="hidden" name="language" value="${language}">${hiddenKey()}
${group(said.throughPlatform, platform)}${group(said.direct, direct)}<button class="big">${said.buy}</button></form>
<aside class="card"><h2>${said.yours}</h2>${sum}<p></p>${covers(policy, language)}${total}<p class="hint">${said.totalHint}</p></aside></div>`
  return page({
    language,
    title: said.checkout,
    body,
    address: `/checkout?policy=${policy.id}`,
    place: "policies",
    live: null
  })
}
