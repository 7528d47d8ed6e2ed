import type { Server } from "./Connections.ts"
import { type Step, table } from "./Step.ts"

/** Operators, their sessions, what they did, keep and propose, and what apps may do. */
export const people = (server: Server): ReadonlyArray<Step> => [
  {
    id: 40,
    name: "people who work here",
    statement: table(
      "payment_proxy_operator",
      [
        "compared varchar(128) NOT NULL",
        "name varchar(64) NOT NULL",
        "role varchar(16) NOT NULL",
        "password_hash varchar(512) NULL",
        "subject varchar(512) NULL",
        "is_disabled int NOT NULL",
        "created_millis bigint NOT NULL",
        "seen_millis bigint NULL",
        "failures int NOT NULL",
        "locked_millis bigint NULL",
        "PRIMARY KEY (compared)",
        "UNIQUE KEY payment_proxy_operator_subject (subject)"
      ],
      server
    ),
    makes: { table: "payment_proxy_operator", part: "locked_millis" }
  },
  {
    id: 41,
    name: "who is signed in",
    statement: table(
      "payment_proxy_operator_session",
      [
        "id_sha256 varchar(64) NOT NULL",
        "operator varchar(128) NOT NULL",
        "csrf_token varchar(64) NOT NULL",
        "created_millis bigint NOT NULL",
        "seen_millis bigint NOT NULL",
        "ends_millis bigint NOT NULL",
        "PRIMARY KEY (id_sha256)",
        "KEY payment_proxy_operator_session_of (operator)",
        "KEY payment_proxy_operator_session_seen (seen_millis)"
      ],
      server
    ),
    makes: { table: "payment_proxy_operator_session", part: "ends_millis" }
  },
  {
    id: 42,
    name: "what operators did",
    statement: table(
      "payment_proxy_deed",
      [
        "id varchar(64) NOT NULL",
        "at_millis bigint NOT NULL",
        "operator varchar(64) NOT NULL",
        "action varchar(64) NOT NULL",
        "subject varchar(256) NULL",
        "reason text NULL",
        "outcome varchar(64) NOT NULL",
        "address varchar(64) NULL",
        "PRIMARY KEY (id)",
        "KEY payment_proxy_deed_operator (operator, id)",
        "KEY payment_proxy_deed_subject (subject, id)"
      ],
      server
    ),
    makes: { table: "payment_proxy_deed", part: "address" }
  },
  {
    id: 43,
    name: "searches that operators keep",
    statement: table(
      "payment_proxy_operator_filter",
      [
        "operator varchar(128) NOT NULL",
        "name varchar(64) NOT NULL",
        "filter text NOT NULL",
        "PRIMARY KEY (operator, name)"
      ],
      server
    ),
    makes: { table: "payment_proxy_operator_filter", part: "filter" }
  },
  {
    id: 44,
    name: "what else is proposed, and when it was done",
    statement: `ALTER TABLE payment_proxy_proposal ADD COLUMN action text NULL, ADD COLUMN done_millis bigint NULL,
      ADD KEY payment_proxy_proposal_state (state, id)`,
    makes: { table: "payment_proxy_proposal", part: "payment_proxy_proposal_state" }
  },
  {
    id: 45,
    name: "what an app may do in a second",
    statement: "ALTER TABLE payment_proxy_app ADD COLUMN limits varchar(256) NULL",
    makes: { table: "payment_proxy_app", part: "limits" }
  }
]
