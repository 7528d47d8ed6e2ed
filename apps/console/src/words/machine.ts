import { words } from "./Words.ts"

/** What stands on and beside the machines' drawings. */
export const machine = words(
  {
    payment: "Payment machine",
    refund: "Refund machine",
    way: "The way it took",
    step: (number: number, from: string, to: string, cause: string) => `${number}. ${from} to ${to}: ${cause}`,
    nowIn: (state: string) => `It is in ${state} now.`,
    onward: "From here it can go",
    leads: (state: string) => `${state}:`,
    nowhere: "Nothing leads on from here.",
    byPerson: "A person lets it go on: propose how, and a second one approves.",
    legendTaken: "taken, in this order",
    legendNext: "can be taken now",
    legendOther: "other possible moves",
    legendUnreachable: "no longer reachable by itself",
    "past the deadline": "past the deadline",
    "before the deadline": "before the deadline",
    "if told dead": "if the app was told that it is dead",
    fresh: "†  by a fresh answer to a query of ours only",
    contradiction: "‡  only if a later answer says the same again",
    noSteps: "Nothing has happened to it yet."
  },
  {
    payment: "支付状态机",
    refund: "退款状态机",
    way: "实际走过的路径",
    step: (number: number, from: string, to: string, cause: string) => `${number}. ${from} → ${to}：${cause}`,
    nowIn: (state: string) => `当前状态：${state}。`,
    onward: "从这里可以走到",
    leads: (state: string) => `${state}：`,
    nowhere: "没有后续的状态变化。",
    byPerson: "需要人工处理：一人提出处理方案，另一人复核通过后继续。",
    legendTaken: "已走过（按编号先后）",
    legendNext: "现在可能走的",
    legendOther: "其他可能的变化",
    legendUnreachable: "不会再自动到达",
    "past the deadline": "期限之后",
    "before the deadline": "期限之前",
    "if told dead": "若已通知应用订单失效",
    fresh: "†  仅凭我方查询得到的最新答复",
    contradiction: "‡  需之后的答复再次一致才生效",
    noSteps: "尚未发生任何变化。"
  }
)
