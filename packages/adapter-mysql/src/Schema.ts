import { collations, type Server } from "./Connections.ts"
import { evidence } from "./EvidenceSchema.ts"
import { people } from "./PeopleSchema.ts"
import { type Step, table } from "./Step.ts"

export type { Step } from "./Step.ts"

/** The columns of the table as it always was, with their types, nullability and defaults (design §4). */
export const originalColumns = [
  "id bigint NOT NULL AUTO_INCREMENT",
  "pay_order_no varchar(64) NULL",
  "pay_status smallint NULL",
  "amount varchar(64) NULL",
  "currency smallint NULL",
  "trans_type smallint NULL",
  "pay_method smallint NULL",
  "pay_source smallint NULL",
  "transaction_no varchar(256) NULL",
  "third_party_no varchar(256) NULL",
  "third_party_customer_no varchar(256) NULL",
  "pay_date datetime NULL",
  "is_deleted char NULL",
  "creator varchar(64) NOT NULL DEFAULT 'SYSTEM'",
  "modifier varchar(64) NOT NULL DEFAULT 'SYSTEM'",
  "gmt_created datetime NULL DEFAULT CURRENT_TIMESTAMP",
  "gmt_modified datetime NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
  "remark varchar(256) NULL",
  "extra_info varchar(256) NULL",
  "business_no varchar(64) NULL"
] as const

const due = [
  "due_millis bigint NULL",
  "due_token varchar(64) NULL",
  "due_lease_millis bigint NULL",
  "due_tries int NOT NULL DEFAULT 0",
  "due_note varchar(256) NULL"
]

const orderColumns = [
  "app varchar(64) NULL",
  "vendor varchar(64) NULL",
  "version bigint NULL",
  "learnt_version bigint NULL",
  "idempotency_key varchar(255) NULL",
  "fingerprint varchar(64) NULL",
  "capture varchar(16) NULL",
  "metadata text NULL",
  "created_millis bigint NULL",
  "expires_millis bigint NULL",
  "deadline_millis bigint NULL",
  "paid_millis bigint NULL",
  "facts mediumtext NULL",
  "sealed_request mediumtext NULL",
  ...due
]

/** Every step, in order: numbered, forward only. The last three columns of a history row settle a lost COMMIT. */
export const steps = (server: Server): ReadonlyArray<Step> => [
  {
    id: 1,
    name: "the original table",
    statement: table(
      "payment_proxy_order",
      [
        ...originalColumns,
        "PRIMARY KEY (id)",
        "UNIQUE KEY payment_order_pay_order_no_index (pay_order_no)",
        "KEY payment_order_pay_status_index (pay_status)",
        "KEY payment_order_trans_type (trans_type)",
        "KEY payment_order_transaction_no_index (transaction_no)",
        "KEY payment_order_business_no_index (business_no)"
      ],
      server
    ),
    makes: { table: "payment_proxy_order", part: "pay_order_no" }
  },
  {
    id: 2,
    name: "what the system needs of an order",
    statement: `ALTER TABLE payment_proxy_order ${[
      ...orderColumns.map((column) => `ADD COLUMN ${column}`),
      "ADD UNIQUE KEY payment_proxy_order_key (app, idempotency_key)",
      "ADD KEY payment_proxy_order_due (due_millis)",
      "ADD KEY payment_proxy_order_app (app, pay_order_no)"
    ].join(", ")}`,
    makes: { table: "payment_proxy_order", part: "due_note" }
  },
  {
    id: 3,
    name: "history",
    statement: table(
      "payment_proxy_history",
      [
        "pay_order_no varchar(64) NOT NULL",
        "version bigint NOT NULL",
        "state varchar(32) NOT NULL",
        "cause varchar(64) NOT NULL",
        "detail text NULL",
        "at_millis bigint NOT NULL",
        "nonce varchar(32) NOT NULL",
        "PRIMARY KEY (pay_order_no, version)"
      ],
      server
    ),
    makes: { table: "payment_proxy_history", part: "nonce" }
  },
  {
    id: 4,
    name: "deliveries",
    statement: table(
      "payment_proxy_delivery",
      [
        "id varchar(160) NOT NULL",
        "event_id varchar(64) NOT NULL",
        "pay_order_no varchar(64) NOT NULL",
        "version bigint NOT NULL",
        "app varchar(64) NOT NULL",
        "endpoint varchar(64) NOT NULL",
        "type varchar(64) NOT NULL",
        "body mediumtext NOT NULL",
        "created_millis bigint NOT NULL",
        "state varchar(16) NOT NULL",
        ...due,
        "PRIMARY KEY (id)",
        "KEY payment_proxy_delivery_due (due_millis)",
        "KEY payment_proxy_delivery_order (pay_order_no, endpoint, version)"
      ],
      server
    ),
    makes: { table: "payment_proxy_delivery", part: "due_note" }
  },
  {
    id: 5,
    name: "inbox",
    statement: table(
      "payment_proxy_inbox",
      [
        "id varchar(64) NOT NULL",
        "vendor varchar(64) NOT NULL",
        "subject_by varchar(16) NOT NULL",
        "subject_no varchar(256) NOT NULL",
        "sha256 char(64) NOT NULL",
        "body mediumtext NOT NULL",
        "evidence mediumtext NULL",
        "received_millis bigint NOT NULL",
        ...due,
        "PRIMARY KEY (id)",
        "UNIQUE KEY payment_proxy_inbox_once (vendor, subject_by, subject_no, sha256)",
        "KEY payment_proxy_inbox_due (due_millis)"
      ],
      server
    ),
    makes: { table: "payment_proxy_inbox", part: "due_note" }
  },
  {
    id: 6,
    name: "apps",
    statement: table(
      "payment_proxy_app",
      ["id varchar(64) NOT NULL", "name varchar(256) NOT NULL", "endpoints mediumtext NOT NULL", "PRIMARY KEY (id)"],
      server
    ),
    makes: { table: "payment_proxy_app", part: "endpoints" }
  },
  {
    id: 7,
    name: "app keys",
    statement: table(
      "payment_proxy_app_key",
      [
        "key_id varchar(64) NOT NULL",
        "app varchar(64) NOT NULL",
        "secret_sha256 char(64) NOT NULL",
        "PRIMARY KEY (key_id)"
      ],
      server
    ),
    makes: { table: "payment_proxy_app_key", part: "secret_sha256" }
  },
  {
    id: 8,
    name: "pulse",
    statement: table(
      "payment_proxy_pulse",
      ["id int NOT NULL", "at_millis bigint NOT NULL", "PRIMARY KEY (id)"],
      server
    ),
    makes: { table: "payment_proxy_pulse", part: "at_millis" }
  },
  // Whatever a later step adds to one of these three it adds to where the old ones go, too.
  ...["history", "delivery", "inbox"].map((name, index) => ({
    id: 9 + index,
    name: `where old rows of ${name} go`,
    statement: `CREATE TABLE payment_proxy_${name}_old LIKE payment_proxy_${name}`,
    makes: { table: `payment_proxy_${name}_old`, part: name === "history" ? "nonce" : "due_note" }
  })),
  // Whose work is due: for a share of each owner's.
  ...[
    ["order", "app"],
    ["delivery", "app"],
    ["inbox", "vendor"]
  ].map(([name, owner], index) => ({
    id: 12 + index,
    name: `due work of ${name} by ${owner}`,
    statement: `ALTER TABLE payment_proxy_${name} ADD KEY payment_proxy_${name}_${owner}_due (${owner}, due_millis)`,
    makes: { table: `payment_proxy_${name}`, part: `payment_proxy_${name}_${owner}_due` }
  })),
  // Also where the original table was taken over, whatever its texts compared by; of one that is ours the columns stay as they are.
  {
    id: 15,
    name: "one order for a number at a vendor",
    statement: `ALTER TABLE payment_proxy_order ${[
      ...["vendor varchar(64)", "third_party_customer_no varchar(256)"].map(
        (column) => `MODIFY COLUMN ${column} CHARACTER SET utf8mb4 COLLATE ${collations[server]} NULL`
      ),
      "ADD UNIQUE KEY payment_proxy_order_merchant_no (vendor, third_party_customer_no)"
    ].join(", ")}`,
    makes: { table: "payment_proxy_order", part: "payment_proxy_order_merchant_no" }
  },
  {
    id: 16,
    name: "tokens that processes share",
    statement: table(
      "payment_proxy_token",
      [
        "vendor varchar(64) NOT NULL",
        "client varchar(64) NOT NULL",
        "generation bigint NOT NULL",
        "sealed mediumtext NULL",
        "put_millis bigint NULL",
        "end_millis bigint NULL",
        "lease_token varchar(64) NULL",
        "lease_millis bigint NULL",
        "PRIMARY KEY (vendor, client)"
      ],
      server
    ),
    makes: { table: "payment_proxy_token", part: "lease_millis" }
  },
  {
    id: 17,
    name: "refunds beside their payments",
    statement: `ALTER TABLE payment_proxy_order ADD COLUMN parent_no varchar(64) NULL, ADD COLUMN head varchar(80) NULL,
      ADD KEY payment_proxy_order_parent (parent_no)`,
    makes: { table: "payment_proxy_order", part: "payment_proxy_order_parent" }
  },
  ...["history", "history_old"].map((name, index) => ({
    id: 18 + index,
    name: `what chains the rows of ${name}`,
    statement: `ALTER TABLE payment_proxy_${name} ADD COLUMN hash varchar(80) NULL`,
    makes: { table: `payment_proxy_${name}`, part: "hash" }
  })),
  {
    id: 20,
    name: "apps that are disabled",
    statement: "ALTER TABLE payment_proxy_app ADD COLUMN is_disabled int NOT NULL DEFAULT 0",
    makes: { table: "payment_proxy_app", part: "is_disabled" }
  },
  {
    id: 21,
    name: "since when and until when a key opens",
    statement: `ALTER TABLE payment_proxy_app_key ADD COLUMN created_millis bigint NOT NULL DEFAULT 0,
      ADD COLUMN revoked_millis bigint NULL`,
    makes: { table: "payment_proxy_app_key", part: "revoked_millis" }
  },
  {
    id: 22,
    name: "days that are reconciled",
    statement: table(
      "payment_proxy_day",
      [
        "id varchar(96) NOT NULL",
        "vendor varchar(64) NOT NULL",
        "day varchar(10) NOT NULL",
        ...due,
        "PRIMARY KEY (id)",
        "KEY payment_proxy_day_due (due_millis)"
      ],
      server
    ),
    makes: { table: "payment_proxy_day", part: "due_note" }
  },
  {
    id: 23,
    name: "what operators propose",
    statement: table(
      "payment_proxy_proposal",
      [
        "id varchar(64) NOT NULL",
        "pay_order_no varchar(64) NOT NULL",
        "version bigint NOT NULL",
        "wanted varchar(32) NOT NULL",
        "accepted_minor varchar(64) NULL",
        "note text NOT NULL",
        "proposed_by varchar(64) NOT NULL",
        "proposed_millis bigint NOT NULL",
        "state varchar(16) NOT NULL",
        "open_no varchar(64) NULL",
        "decided_by varchar(64) NULL",
        "decided_millis bigint NULL",
        "decided_note text NULL",
        "PRIMARY KEY (id)",
        // Of one order one that is open.
        "UNIQUE KEY payment_proxy_proposal_open (open_no)",
        "KEY payment_proxy_proposal_order (pay_order_no)"
      ],
      server
    ),
    makes: { table: "payment_proxy_proposal", part: "decided_note" }
  },
  {
    id: 24,
    name: "what waits for an endpoint, and since when it is tried",
    statement: `ALTER TABLE payment_proxy_delivery ADD COLUMN since_millis bigint NULL,
      ADD KEY payment_proxy_delivery_place (app, endpoint, due_millis)`,
    makes: { table: "payment_proxy_delivery", part: "payment_proxy_delivery_place" }
  },
  {
    id: 25,
    name: "since when old deliveries were tried",
    statement: "ALTER TABLE payment_proxy_delivery_old ADD COLUMN since_millis bigint NULL",
    makes: { table: "payment_proxy_delivery_old", part: "since_millis" }
  },
  {
    id: 26,
    name: "keys of the installation",
    statement: table(
      "payment_proxy_data_key",
      ["name varchar(64) NOT NULL", "sealed mediumtext NOT NULL", "PRIMARY KEY (name)"],
      server
    ),
    makes: { table: "payment_proxy_data_key", part: "sealed" }
  },
  {
    id: 27,
    name: "what is known of days that are reconciled",
    statement: `ALTER TABLE payment_proxy_day ADD COLUMN run bigint NOT NULL DEFAULT 0, ADD COLUMN begun_token varchar(64) NULL,
      ADD COLUMN started_millis bigint NULL, ADD COLUMN finished_millis bigint NULL, ADD COLUMN fault varchar(256) NULL,
      ADD COLUMN counted mediumtext NULL`,
    makes: { table: "payment_proxy_day", part: "counted" }
  },
  {
    id: 28,
    name: "how bills and orders differ",
    statement: table(
      "payment_proxy_difference",
      [
        "vendor varchar(64) NOT NULL",
        "day varchar(10) NOT NULL",
        "id varchar(64) NOT NULL",
        "kind varchar(16) NOT NULL",
        "status varchar(16) NOT NULL",
        "action varchar(16) NOT NULL",
        "run bigint NOT NULL",
        "no varchar(64) NULL",
        "note varchar(256) NULL",
        "body text NOT NULL",
        "found_millis bigint NOT NULL",
        "resolved_millis bigint NULL",
        "resolved_by varchar(64) NULL",
        "PRIMARY KEY (vendor, day, id)",
        "KEY payment_proxy_difference_no (vendor, no)"
      ],
      server
    ),
    makes: { table: "payment_proxy_difference", part: "resolved_by" }
  },
  {
    id: 29,
    name: "what another day's bill has",
    statement: table(
      "payment_proxy_elsewhere",
      [
        "vendor varchar(64) NOT NULL",
        "no varchar(64) NOT NULL",
        "day varchar(10) NOT NULL",
        "PRIMARY KEY (vendor, no)"
      ],
      server
    ),
    makes: { table: "payment_proxy_elsewhere", part: "day" }
  },
  {
    id: 30,
    name: "what was paid when",
    statement: "ALTER TABLE payment_proxy_order ADD KEY payment_proxy_order_paid (vendor, paid_millis)",
    makes: { table: "payment_proxy_order", part: "payment_proxy_order_paid" }
  },
  ...people(server),
  // The amount of a payment of ours in minor units: its text has all of its currency's decimals.
  {
    id: 50,
    name: "what orders are searched by",
    statement: `ALTER TABLE payment_proxy_order
      ADD COLUMN amount_minor bigint GENERATED ALWAYS AS
        (CASE WHEN trans_type = 1 AND app IS NOT NULL THEN CAST(REPLACE(amount, '.', '') AS SIGNED) END) STORED,
      DROP KEY payment_proxy_order_app,
      ADD KEY payment_proxy_order_app (app, trans_type, pay_order_no, vendor, pay_method, currency, amount_minor),
      ADD KEY payment_proxy_order_state (pay_status, trans_type, pay_order_no, app, vendor, pay_method),
      ADD KEY payment_proxy_order_vendor (vendor, pay_method, trans_type, pay_order_no),
      ADD KEY payment_proxy_order_amount (currency, amount_minor, pay_order_no)`,
    makes: { table: "payment_proxy_order", part: "amount_minor" }
  },
  {
    id: 51,
    name: "what happened with vendors in each minute",
    statement: table(
      "payment_proxy_tally",
      [
        "minute bigint NOT NULL",
        "vendor varchar(64) NOT NULL",
        "process varchar(64) NOT NULL",
        "placed bigint NOT NULL",
        "succeeded bigint NOT NULL",
        "failed bigint NOT NULL",
        "calls bigint NOT NULL",
        "errors bigint NOT NULL",
        "buckets varchar(512) NOT NULL",
        "PRIMARY KEY (minute, vendor, process)"
      ],
      server
    ),
    makes: { table: "payment_proxy_tally", part: "buckets" }
  },
  ...evidence(server),
  {
    id: 65,
    name: "queries that are owed",
    statement: "ALTER TABLE payment_proxy_order ADD COLUMN due_asks tinyint NOT NULL DEFAULT 0",
    makes: { table: "payment_proxy_order", part: "due_asks" }
  },
  {
    id: 66,
    name: "what else is asked of orders with an amount",
    statement: `ALTER TABLE payment_proxy_order
      DROP KEY payment_proxy_order_amount,
      ADD KEY payment_proxy_order_amounts (currency, amount_minor, pay_order_no, app, vendor, pay_method)`,
    makes: { table: "payment_proxy_order", part: "payment_proxy_order_amounts" }
  }
]
