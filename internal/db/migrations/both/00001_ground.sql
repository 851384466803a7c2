-- +goose Up
-- Column types on both databases: TEXT, BIGINT (times: microseconds UTC), BOOLEAN, BYTEA, and JSON kept as TEXT.
-- BYTEA is not a SQLite type name, but SQLite accepts it. No nullable column is ever sorted by: "never" is 9223372036854775807.

CREATE TABLE lease (
  name   TEXT   NOT NULL PRIMARY KEY,
  holder TEXT   NOT NULL,
  fence  BIGINT NOT NULL,
  until  BIGINT NOT NULL                     -- by the database's clock, never the node's
);

-- Every timer of the house: one row a kind and subject, removed in the transaction of what it does.
CREATE TABLE alarm (
  kind     TEXT   NOT NULL,
  subject  TEXT   NOT NULL,
  brand_id TEXT   NOT NULL,
  due_at   BIGINT NOT NULL,
  tries    BIGINT NOT NULL DEFAULT 0,
  error    TEXT   NOT NULL DEFAULT '',
  PRIMARY KEY (kind, subject)
);
CREATE INDEX alarm_due ON alarm (due_at);

-- seq and hash are given afterwards by one leased sealer, so that writers never queue behind each other for the chain.
CREATE TABLE record (
  id         TEXT   NOT NULL PRIMARY KEY,
  brand_id   TEXT   NOT NULL,
  at         BIGINT NOT NULL,
  actor      TEXT   NOT NULL,
  request    TEXT   NOT NULL DEFAULT '',
  kind       TEXT   NOT NULL,
  subject    TEXT   NOT NULL,
  data       TEXT   NOT NULL,                -- ids and enumerations only
  words      TEXT,                           -- personal; erasable with salt
  salt       BYTEA,
  words_hash BYTEA,                          -- SHA-256(salt || words), stays
  seq        BIGINT UNIQUE,
  hash       BYTEA
);
CREATE INDEX record_unsealed ON record (id) WHERE seq IS NULL;
CREATE INDEX record_subject ON record (subject, id);
CREATE TABLE follower (
  name TEXT   NOT NULL PRIMARY KEY,
  seq  BIGINT NOT NULL
);

-- Sign-in. Only hashes of secrets are kept: argon2id of passwords, SHA-256 of sessions and tokens (they are random).
CREATE TABLE password (
  person_id  TEXT   NOT NULL PRIMARY KEY,
  hash       TEXT   NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE TABLE session (
  hash       BYTEA  NOT NULL PRIMARY KEY,
  id         TEXT   NOT NULL UNIQUE,
  person_id  TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  agent      TEXT   NOT NULL DEFAULT ''
);
CREATE INDEX session_person ON session (person_id, created_at);
CREATE INDEX session_expires ON session (expires_at);
CREATE TABLE token (
  id         TEXT   NOT NULL PRIMARY KEY,
  hash       BYTEA  NOT NULL UNIQUE,
  person_id  TEXT   NOT NULL,
  name       TEXT   NOT NULL DEFAULT '',
  scopes     TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL DEFAULT 0,
  revoked_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX token_person ON token (person_id, created_at);

-- What was answered to a request that carried an Idempotency-Key, for a day.
CREATE TABLE answered_request (
  caller     TEXT   NOT NULL,
  key        TEXT   NOT NULL,
  print      BYTEA  NOT NULL,                -- SHA-256 of method, path and body: another request under the same key is refused
  status     BIGINT NOT NULL,                -- 0 while it is being answered
  body       BYTEA,
  at         BIGINT NOT NULL,
  PRIMARY KEY (caller, key)
);
CREATE INDEX answered_request_at ON answered_request (at);
