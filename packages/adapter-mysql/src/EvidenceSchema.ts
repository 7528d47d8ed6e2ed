import type { Server } from "./Connections.ts"
import { type Step, table } from "./Step.ts"

/** What vendors answered, and how deliveries were tried. */
export const evidence = (server: Server): ReadonlyArray<Step> => [
  ...[
    ["history", "answer"],
    ["history_old", "answer"],
    ["delivery", "tried"],
    ["delivery_old", "tried"]
  ].map(([name, column], index) => ({
    id: 60 + index,
    name: `what was said, beside the rows of ${name}`,
    statement: `ALTER TABLE payment_proxy_${name} ADD COLUMN ${column} text NULL`,
    makes: { table: `payment_proxy_${name}`, part: `${column}` }
  })),
  {
    id: 64,
    name: "the last answers of vendors that moved nothing",
    statement: table(
      "payment_proxy_answer",
      [
        "pay_order_no varchar(64) NOT NULL",
        "at_millis bigint NOT NULL",
        "answer text NOT NULL",
        "PRIMARY KEY (pay_order_no)"
      ],
      server
    ),
    makes: { table: "payment_proxy_answer", part: "answer" }
  }
]
