import { Migrator, SqlClient } from "@effect/sql"
import { Effect } from "effect"

/** Statements one after the other, as one migration. */
const statements = (...texts: ReadonlyArray<string>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.forEach(texts, (text) => sql.unsafe(text), { discard: true }))

/** The table as it always was (design §4). */
const original = statements(
  `CREATE TABLE payment_proxy_order (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    pay_order_no varchar(64) NULL,
    pay_status smallint NULL,
    amount varchar(64) NULL,
    currency smallint NULL,
    trans_type smallint NULL,
    pay_method smallint NULL,
    pay_source smallint NULL,
    transaction_no varchar(256) NULL,
    third_party_no varchar(256) NULL,
    third_party_customer_no varchar(256) NULL,
    pay_date datetime NULL,
    is_deleted char NULL,
    creator varchar(64) NOT NULL DEFAULT 'SYSTEM',
    modifier varchar(64) NOT NULL DEFAULT 'SYSTEM',
    gmt_created datetime NULL DEFAULT CURRENT_TIMESTAMP,
    gmt_modified datetime NULL DEFAULT CURRENT_TIMESTAMP,
    remark varchar(256) NULL,
    extra_info varchar(256) NULL,
    business_no varchar(64) NULL
  )`,
  "CREATE UNIQUE INDEX payment_order_pay_order_no_index ON payment_proxy_order (pay_order_no)",
  "CREATE INDEX payment_order_pay_status_index ON payment_proxy_order (pay_status)",
  "CREATE INDEX payment_order_trans_type ON payment_proxy_order (trans_type)",
  "CREATE INDEX payment_order_transaction_no_index ON payment_proxy_order (transaction_no)",
  "CREATE INDEX payment_order_business_no_index ON payment_proxy_order (business_no)",
  // SQLite has no ON UPDATE CURRENT_TIMESTAMP.
  `CREATE TRIGGER payment_proxy_order_modified AFTER UPDATE ON payment_proxy_order
    BEGIN UPDATE payment_proxy_order SET gmt_modified = CURRENT_TIMESTAMP WHERE id = NEW.id; END`
)

const orderColumns = [
  "app varchar(64)",
  "vendor varchar(64)",
  "version bigint",
  "learnt_version bigint",
  "idempotency_key varchar(255)",
  "fingerprint varchar(64)",
  "capture varchar(16)",
  "metadata text",
  "created_millis bigint",
  "expires_millis bigint",
  "deadline_millis bigint",
  "paid_millis bigint",
  "facts text",
  "sealed_request text",
  "due_millis bigint",
  "due_token varchar(64)",
  "due_lease_millis bigint",
  "due_tries integer NOT NULL DEFAULT 0",
  "due_note varchar(256)"
]

const due = `due_millis bigint NULL,
    due_token varchar(64) NULL,
    due_lease_millis bigint NULL,
    due_tries integer NOT NULL DEFAULT 0,
    due_note varchar(256) NULL`

const ours = statements(
  ...orderColumns.map((column) => `ALTER TABLE payment_proxy_order ADD COLUMN ${column}`),
  "CREATE UNIQUE INDEX payment_proxy_order_key ON payment_proxy_order (app, idempotency_key)",
  "CREATE INDEX payment_proxy_order_due ON payment_proxy_order (due_millis) WHERE due_millis IS NOT NULL",
  "CREATE INDEX payment_proxy_order_app ON payment_proxy_order (app, pay_order_no)",
  `CREATE TABLE payment_proxy_history (
    pay_order_no varchar(64) NOT NULL,
    version bigint NOT NULL,
    state varchar(32) NOT NULL,
    cause varchar(64) NOT NULL,
    detail text NULL,
    at_millis bigint NOT NULL,
    PRIMARY KEY (pay_order_no, version)
  ) WITHOUT ROWID`,
  `CREATE TABLE payment_proxy_delivery (
    id varchar(96) NOT NULL PRIMARY KEY,
    event_id varchar(64) NOT NULL,
    pay_order_no varchar(64) NOT NULL,
    version bigint NOT NULL,
    app varchar(64) NOT NULL,
    endpoint varchar(64) NOT NULL,
    type varchar(64) NOT NULL,
    body text NOT NULL,
    created_millis bigint NOT NULL,
    state varchar(16) NOT NULL,
    ${due}
  )`,
  "CREATE INDEX payment_proxy_delivery_due ON payment_proxy_delivery (due_millis) WHERE due_millis IS NOT NULL",
  "CREATE INDEX payment_proxy_delivery_order ON payment_proxy_delivery (pay_order_no, endpoint, version)",
  `CREATE TABLE payment_proxy_inbox (
    id varchar(64) NOT NULL PRIMARY KEY,
    vendor varchar(64) NOT NULL,
    subject_by varchar(16) NOT NULL,
    subject_no varchar(256) NOT NULL,
    sha256 char(64) NOT NULL,
    body text NOT NULL,
    evidence text NULL,
    received_millis bigint NOT NULL,
    ${due}
  )`,
  "CREATE UNIQUE INDEX payment_proxy_inbox_once ON payment_proxy_inbox (vendor, subject_by, subject_no, sha256)",
  "CREATE INDEX payment_proxy_inbox_due ON payment_proxy_inbox (due_millis) WHERE due_millis IS NOT NULL",
  "CREATE TABLE payment_proxy_app (id varchar(64) NOT NULL PRIMARY KEY, name varchar(256) NOT NULL, endpoints text NOT NULL)",
  `CREATE TABLE payment_proxy_app_key (
    key_id varchar(64) NOT NULL PRIMARY KEY,
    app varchar(64) NOT NULL,
    secret_sha256 char(64) NOT NULL
  )`
)

/** What is written to tell whether orders can be. */
const pulse = statements(
  "CREATE TABLE payment_proxy_pulse (id integer NOT NULL PRIMARY KEY, at_millis bigint NOT NULL)"
)

/** Where rows go that are old; nothing else writes there. */
const old = statements(
  ...["history", "delivery", "inbox"].map(
    (name) => `CREATE TABLE payment_proxy_${name}_old AS SELECT * FROM payment_proxy_${name} WHERE false`
  ),
  "CREATE INDEX payment_proxy_history_old_order ON payment_proxy_history_old (pay_order_no, version)"
)

/** What a vendor knows an order by is one order's alone. */
const merchantNo = statements(
  "CREATE UNIQUE INDEX payment_proxy_order_merchant_no ON payment_proxy_order (vendor, third_party_customer_no)"
)

/** Access tokens that processes share: the newest of each client of a vendor, sealed, and who fetches the next. */
const sharedTokens = statements(
  `CREATE TABLE payment_proxy_token (
    vendor varchar(64) NOT NULL,
    client varchar(64) NOT NULL,
    generation bigint NOT NULL DEFAULT 0,
    sealed text NULL,
    put_millis bigint NULL,
    end_millis bigint NULL,
    lease_token varchar(64) NULL,
    lease_millis bigint NULL,
    PRIMARY KEY (vendor, client)
  ) WITHOUT ROWID`
)

/** Refunds beside their payments, chained histories, and what apps and their keys need in their lives. */
const wholeLife = statements(
  "ALTER TABLE payment_proxy_order ADD COLUMN parent_no varchar(64) NULL",
  "ALTER TABLE payment_proxy_order ADD COLUMN head varchar(80) NULL",
  "CREATE INDEX payment_proxy_order_parent ON payment_proxy_order (parent_no) WHERE parent_no IS NOT NULL",
  "ALTER TABLE payment_proxy_history ADD COLUMN hash varchar(80) NULL",
  "ALTER TABLE payment_proxy_history_old ADD COLUMN hash varchar(80) NULL",
  "ALTER TABLE payment_proxy_app ADD COLUMN is_disabled int NOT NULL DEFAULT 0",
  "ALTER TABLE payment_proxy_app_key ADD COLUMN created_millis bigint NOT NULL DEFAULT 0",
  "ALTER TABLE payment_proxy_app_key ADD COLUMN revoked_millis bigint NULL"
)

/** The days of vendors that are reconciled, and what was found different. */
const days = statements(
  `CREATE TABLE payment_proxy_day (
    id varchar(96) PRIMARY KEY,
    vendor varchar(64) NOT NULL,
    day varchar(10) NOT NULL,
    due_millis bigint NULL,
    due_token varchar(64) NULL,
    due_lease_millis bigint NULL,
    due_tries int NOT NULL DEFAULT 0,
    due_note varchar(256) NULL
  ) WITHOUT ROWID`,
  "CREATE INDEX payment_proxy_day_due ON payment_proxy_day (due_millis)"
)

/** What operators propose for orders that are held: of one order one that is open. */
const proposals = statements(
  `CREATE TABLE payment_proxy_proposal (
    id varchar(64) NOT NULL PRIMARY KEY,
    pay_order_no varchar(64) NOT NULL,
    version bigint NOT NULL,
    wanted varchar(32) NOT NULL,
    accepted_minor varchar(64) NULL,
    note text NOT NULL,
    proposed_by varchar(64) NOT NULL,
    proposed_millis bigint NOT NULL,
    state varchar(16) NOT NULL,
    open_no varchar(64) NULL,
    decided_by varchar(64) NULL,
    decided_millis bigint NULL,
    decided_note text NULL
  ) WITHOUT ROWID`,
  "CREATE UNIQUE INDEX payment_proxy_proposal_open ON payment_proxy_proposal (open_no)",
  "CREATE INDEX payment_proxy_proposal_order ON payment_proxy_proposal (pay_order_no)"
)

/** What waits for an endpoint, and since when it is tried: null since it was made. */
const places = statements(
  "ALTER TABLE payment_proxy_delivery ADD COLUMN since_millis bigint NULL",
  "ALTER TABLE payment_proxy_delivery_old ADD COLUMN since_millis bigint NULL",
  `CREATE INDEX payment_proxy_delivery_place ON payment_proxy_delivery (app, endpoint, due_millis)
    WHERE due_millis IS NOT NULL`
)

/** Keys of the installation's own, sealed: the first of them chains the histories. */
const dataKeys = statements(
  "CREATE TABLE payment_proxy_data_key (name varchar(64) NOT NULL PRIMARY KEY, sealed text NOT NULL) WITHOUT ROWID"
)

/** What reconciliation knows of its days, what it found, and what of ours moved money when. */
const reconciliation = statements(
  "ALTER TABLE payment_proxy_day ADD COLUMN run bigint NOT NULL DEFAULT 0",
  "ALTER TABLE payment_proxy_day ADD COLUMN begun_token varchar(64) NULL",
  "ALTER TABLE payment_proxy_day ADD COLUMN started_millis bigint NULL",
  "ALTER TABLE payment_proxy_day ADD COLUMN finished_millis bigint NULL",
  "ALTER TABLE payment_proxy_day ADD COLUMN fault varchar(256) NULL",
  "ALTER TABLE payment_proxy_day ADD COLUMN counted text NULL",
  `CREATE TABLE payment_proxy_difference (
    vendor varchar(64) NOT NULL,
    day varchar(10) NOT NULL,
    id varchar(64) NOT NULL,
    kind varchar(16) NOT NULL,
    status varchar(16) NOT NULL,
    action varchar(16) NOT NULL,
    run bigint NOT NULL,
    no varchar(64) NULL,
    note varchar(256) NULL,
    body text NOT NULL,
    found_millis bigint NOT NULL,
    resolved_millis bigint NULL,
    resolved_by varchar(64) NULL,
    PRIMARY KEY (vendor, day, id)
  ) WITHOUT ROWID`,
  "CREATE INDEX payment_proxy_difference_no ON payment_proxy_difference (vendor, no) WHERE status <> 'resolved'",
  `CREATE TABLE payment_proxy_elsewhere (
    vendor varchar(64) NOT NULL,
    no varchar(64) NOT NULL,
    day varchar(10) NOT NULL,
    PRIMARY KEY (vendor, no)
  ) WITHOUT ROWID`,
  "CREATE INDEX payment_proxy_order_paid ON payment_proxy_order (vendor, paid_millis) WHERE paid_millis IS NOT NULL"
)

/** Operators, their sessions, what they did, keep and propose, and what apps may do. */
const operators = statements(
  `CREATE TABLE payment_proxy_operator (
    compared varchar(128) NOT NULL PRIMARY KEY,
    name varchar(64) NOT NULL,
    role varchar(16) NOT NULL,
    password_hash varchar(512) NULL,
    subject varchar(512) NULL,
    is_disabled int NOT NULL,
    created_millis bigint NOT NULL,
    seen_millis bigint NULL,
    failures int NOT NULL,
    locked_millis bigint NULL
  ) WITHOUT ROWID`,
  "CREATE UNIQUE INDEX payment_proxy_operator_subject ON payment_proxy_operator (subject)",
  `CREATE TABLE payment_proxy_operator_session (
    id_sha256 varchar(64) NOT NULL PRIMARY KEY,
    operator varchar(128) NOT NULL,
    csrf_token varchar(64) NOT NULL,
    created_millis bigint NOT NULL,
    seen_millis bigint NOT NULL,
    ends_millis bigint NOT NULL
  ) WITHOUT ROWID`,
  "CREATE INDEX payment_proxy_operator_session_of ON payment_proxy_operator_session (operator)",
  `CREATE TABLE payment_proxy_deed (
    id varchar(64) NOT NULL PRIMARY KEY,
    at_millis bigint NOT NULL,
    operator varchar(64) NOT NULL,
    action varchar(64) NOT NULL,
    subject varchar(256) NULL,
    reason text NULL,
    outcome varchar(64) NOT NULL,
    address varchar(64) NULL
  ) WITHOUT ROWID`,
  "CREATE INDEX payment_proxy_deed_operator ON payment_proxy_deed (operator, id)",
  "CREATE INDEX payment_proxy_deed_subject ON payment_proxy_deed (subject, id)",
  `CREATE TABLE payment_proxy_operator_filter (
    operator varchar(128) NOT NULL,
    name varchar(64) NOT NULL,
    filter text NOT NULL,
    PRIMARY KEY (operator, name)
  ) WITHOUT ROWID`,
  "ALTER TABLE payment_proxy_proposal ADD COLUMN action text NULL",
  "ALTER TABLE payment_proxy_proposal ADD COLUMN done_millis bigint NULL",
  "CREATE INDEX payment_proxy_proposal_state ON payment_proxy_proposal (state, id)",
  "ALTER TABLE payment_proxy_app ADD COLUMN limits varchar(256) NULL"
)

/** What orders are searched by, and what happened with vendors in each minute. */
const insight = statements(
  // In minor units: the text of ours has all of its currency's decimals.
  `ALTER TABLE payment_proxy_order ADD COLUMN amount_minor bigint GENERATED ALWAYS AS
    (CASE WHEN trans_type = 1 AND app IS NOT NULL THEN CAST(REPLACE(amount, '.', '') AS INTEGER) END) VIRTUAL`,
  "DROP INDEX payment_proxy_order_app",
  `CREATE INDEX payment_proxy_order_app
    ON payment_proxy_order (app, trans_type, pay_order_no, vendor, pay_method, currency, amount_minor)`,
  `CREATE INDEX payment_proxy_order_state
    ON payment_proxy_order (pay_status, trans_type, pay_order_no, app, vendor, pay_method)`,
  "CREATE INDEX payment_proxy_order_vendor ON payment_proxy_order (vendor, pay_method, trans_type, pay_order_no)",
  "CREATE INDEX payment_proxy_order_amount ON payment_proxy_order (currency, amount_minor, pay_order_no)",
  `CREATE TABLE payment_proxy_tally (
    minute bigint NOT NULL,
    vendor varchar(64) NOT NULL,
    process varchar(64) NOT NULL,
    placed bigint NOT NULL,
    succeeded bigint NOT NULL,
    failed bigint NOT NULL,
    calls bigint NOT NULL,
    errors bigint NOT NULL,
    buckets varchar(512) NOT NULL,
    PRIMARY KEY (minute, vendor, process)
  ) WITHOUT ROWID`
)

/** What vendors answered, and how deliveries were tried: for operators. */
const evidence = statements(
  ...["history", "history_old"].map((name) => `ALTER TABLE payment_proxy_${name} ADD COLUMN answer text NULL`),
  ...["delivery", "delivery_old"].map((name) => `ALTER TABLE payment_proxy_${name} ADD COLUMN tried text NULL`),
  `CREATE TABLE payment_proxy_answer (
    pay_order_no varchar(64) NOT NULL PRIMARY KEY,
    at_millis bigint NOT NULL,
    answer text NOT NULL
  ) WITHOUT ROWID`
)

/** Whether the vendor is to be asked about an order before anything else is sent. */
const owed = statements("ALTER TABLE payment_proxy_order ADD COLUMN due_asks integer NOT NULL DEFAULT 0")

/** What else is asked of orders with an amount is told by the amounts' index. */
const amounts = statements(
  "DROP INDEX payment_proxy_order_amount",
  `CREATE INDEX payment_proxy_order_amounts
    ON payment_proxy_order (currency, amount_minor, pay_order_no, app, vendor, pay_method)`
)

/** Brings the schema up to date: numbered, forward only; every process may run it at its start. */
export const migrate = Migrator.make({})({
  table: "payment_proxy_migration",
  loader: Migrator.fromRecord({
    "0001_original_table": original,
    "0002_what_the_system_needs": ours,
    "0003_pulse": pulse,
    "0004_where_old_rows_go": old,
    "0005_one_order_for_a_number_at_a_vendor": merchantNo,
    "0006_shared_tokens": sharedTokens,
    "0007_whole_life": wholeLife,
    "0008_days": days,
    "0009_proposals": proposals,
    "0010_what_waits_for_an_endpoint": places,
    "0011_data_keys": dataKeys,
    "0012_reconciliation": reconciliation,
    "0013_operators": operators,
    "0014_insight": insight,
    "0015_what_was_said": evidence,
    "0016_queries_that_are_owed": owed,
    "0017_what_else_is_asked_of_amounts": amounts
  })
})
