import { words } from "./Words.ts"

/** What stands beside long texts. */
export const foreign = words(
  { all: (count: string) => `Show all ${count} characters`, less: "Show less" },
  { all: (count: string) => `显示全部 ${count} 个字符`, less: "收起" }
)
