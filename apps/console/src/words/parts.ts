import { words } from "./Words.ts"

/** What parts of pages say. */
export const parts = words(
  {
    copy: (value: string) => `Copy ${value}`,
    copied: "Copied",
    retry: "Try again",
    code: "Code",
    wentWrong: "This could not be loaded",
    unreachable: "The gateway gave no answer. Check that it runs and that this machine reaches it.",
    retryAfter: (time: string) => `It can be tried again in ${time}.`,
    reason: "Reason",
    reasonTold: "Goes on record with your name.",
    reasonMissing: "Say why: it goes on record.",
    cancel: "Cancel",
    close: "Close",
    loading: "Loading",
    dismiss: "Dismiss",
    crumbs: "Where you are",
    scroll: "Table; scrolls sideways",
    live: "Live",
    connecting: "Connecting",
    reconnecting: "Reconnecting",
    staleSince: (time: string) => `Stale since ${time}`,
    liveTold: "What you see follows what happens.",
    reconnectingTold: "The stream broke; it is being opened again, and meanwhile asked for from time to time."
  },
  {
    copy: (value: string) => `复制 ${value}`,
    copied: "已复制",
    retry: "重试",
    code: "代码",
    wentWrong: "加载失败",
    unreachable: "网关没有响应。请确认网关正在运行，且本机可以访问它。",
    retryAfter: (time: string) => `${time}后可以重试。`,
    reason: "原因",
    reasonTold: "将与您的姓名一起留痕。",
    reasonMissing: "请填写原因，以便留痕。",
    cancel: "取消",
    close: "关闭",
    loading: "加载中",
    dismiss: "关闭提示",
    crumbs: "当前位置",
    scroll: "表格，可左右滚动",
    live: "实时",
    connecting: "连接中",
    reconnecting: "重新连接中",
    staleSince: (time: string) => `数据停留在 ${time}`,
    liveTold: "页面随业务实时更新。",
    reconnectingTold: "实时连接已断开，正在重连；期间会定时刷新。"
  }
)
