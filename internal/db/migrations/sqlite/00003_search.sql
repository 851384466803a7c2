-- +goose Up
-- Search and numbers are the only things outside the one text. rowid is the conversation's number.
CREATE VIRTUAL TABLE search USING fts5(terms, content='', contentless_delete=1, tokenize="ascii tokenchars '_'", detail=none, prefix='3');
CREATE TABLE counter (
  name TEXT   NOT NULL PRIMARY KEY,
  n    BIGINT NOT NULL
);
INSERT INTO counter (name, n) VALUES ('conversation', 0);
