import type { IncomingMessage, ServerResponse } from "node:http"
import type Provider from "oidc-provider"
import { readBody } from "./Body.ts"
import * as Page from "./Page.ts"

/** A person of the company that runs the payment proxy, as the company's directory has him. */
export interface Person {
  readonly id: string
  readonly name: string
  readonly groups: ReadonlyArray<string>
}

/** Everybody who can sign in at the sandbox's provider: no passwords, as nothing here is anybody's. */
export const people: ReadonlyArray<Person> = [
  { id: "ada", name: "Ada Bell", groups: ["payments-administrators"] },
  { id: "omar", name: "Omar Reyes", groups: ["payments-operators", "everybody"] },
  { id: "mei", name: "梅 Mei Lin", groups: ["payments-operators"] },
  { id: "vera", name: "Vera Novak", groups: ["payments-viewers"] },
  { id: "nils", name: "Nils Berg", groups: ["everybody"] }
]

/** What the provider says of a person, by scope. */
export const claims = { openid: ["sub"], profile: ["name"], groups: ["groups"] }

/** A person as the provider looks him up. */
export const account = (id: string) => {
  const person = people.find((one) => one.id === id)
  return person === undefined
    ? undefined
    : { accountId: id, claims: () => ({ sub: id, name: person.name, groups: [...person.groups] }) }
}

const words = {
  en: {
    title: "Sandbox Company",
    lead: "Choose who you are. No passwords: this is a sandbox.",
    none: "no group",
    over: "This sign-in is over: begin again in the console."
  },
  zh: {
    title: "沙盒公司",
    lead: "请选择身份。沙盒环境，无需密码。",
    none: "无群组",
    over: "本次登录已失效，请返回控制台重新登录。"
  }
} as const

const style = `
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:#f3f0ea;font:16px/1.5 system-ui,"Noto Sans SC","WenQuanYi Micro Hei",sans-serif;color:#2a2621}
main{width:min(420px,100%);background:#fff;border-radius:16px;box-shadow:0 12px 40px #2a262122;padding:24px}
h1{margin:0 0 4px;font-size:22px}p{margin:0 0 20px;color:#655e54}
form{display:grid;gap:10px}
button{font:inherit;text-align:left;border:1px solid #d8d1c5;border-radius:10px;padding:10px 14px;background:#fff;color:inherit;cursor:pointer;display:grid}
button small{color:#655e54}button:hover{background:#faf7f2}
button:focus-visible{outline:3px solid #b78b3c;outline-offset:2px}`

const page = (language: Page.Language): string => {
  const say = words[language]
  const buttons = people.map(
    ({ id, name, groups }) =>
      `<button name="person" value="${id}" id="${id}"><span>${Page.escaped(name)}</span><small>${Page.escaped(groups.join(", ") || say.none)}</small></button>`
  )
  const body = `<main><h1>${say.title}</h1><p>${say.lead}</p><form method="post">${buttons.join("")}</form></main>`
  return Page.document({ language, title: say.title, style, body })
}

/** The page on which a person says who he is, and what follows from that. */
export const signIn = async (provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const language = Page.languageOf(null, request.headers["accept-language"])
  try {
    await provider.interactionDetails(request, response)
  } catch {
    const { title, over } = words[language]
    const body = `<main><h1>${title}</h1><p>${over}</p></main>`
    return Page.send(response, 400, Page.document({ language, title, style, body }))
  }
  if (request.method !== "POST") return Page.send(response, 200, page(language))
  const body = await readBody(request)
  const id = new URLSearchParams(body?.toString() ?? "").get("person") ?? ""
  const result =
    account(id) === undefined
      ? { error: "access_denied", error_description: "There is no such person." }
      : { login: { accountId: id } }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
}
