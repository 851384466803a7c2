-- +goose Up
-- Search and numbers are the only things outside the one text.
CREATE TABLE search (
  no    BIGINT   NOT NULL PRIMARY KEY,
  terms TSVECTOR NOT NULL
);
CREATE INDEX search_terms ON search USING gin (terms) WITH (fastupdate = on);
CREATE SEQUENCE conversation_no;
