import { words } from "./Words.ts"

/** What stands below lists that are read page by page, and beside what is shown once. */
export const paged = words(
  {
    more: "Show more",
    onceTitle: "Copy it now: it is not shown again",
    onceTold:
      "Only its hash or its sealed form is kept here. Put it where the app reads it from; whoever has it can act as the app.",
    keyId: "Key id",
    key: "Key",
    endpointId: "Endpoint",
    secret: "Signing secret",
    put: "I have put it away",
    copyIt: "Copy",
    copied: "Copied"
  },
  {
    more: "加载更多",
    onceTitle: "请立即复制，关闭后不再显示",
    onceTold: "系统只保存其散列或加密形式。请将它放到应用读取的位置；持有者即可以该应用的身份操作。",
    keyId: "密钥编号",
    key: "密钥",
    endpointId: "回调地址",
    secret: "签名密钥",
    put: "我已妥善保存",
    copyIt: "复制",
    copied: "已复制"
  }
)
