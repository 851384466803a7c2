-- +goose Up

CREATE TABLE brand (
  id         TEXT   NOT NULL PRIMARY KEY,
  slug       TEXT   NOT NULL UNIQUE,
  name       TEXT   NOT NULL,
  zone       TEXT   NOT NULL,
  voice_name TEXT   NOT NULL DEFAULT '',
  reopen_days BIGINT NOT NULL DEFAULT 14,    -- later, or on a new matter, a conversation follows the old one
  made_at    BIGINT NOT NULL
);

CREATE TABLE account (
  id          TEXT   NOT NULL PRIMARY KEY,
  brand_id    TEXT   NOT NULL REFERENCES brand (id),
  channel     TEXT   NOT NULL,
  external_id TEXT   NOT NULL,               -- who we are on the network
  realm       TEXT   NOT NULL DEFAULT '',
  handle      TEXT   NOT NULL DEFAULT '',
  name        TEXT   NOT NULL,
  config      TEXT   NOT NULL,               -- JSON without secrets
  sealed      BYTEA,                         -- JSON of the secrets, under the installation key
  place       TEXT   NOT NULL DEFAULT '',    -- reading cursor
  fence       BIGINT NOT NULL DEFAULT 0,     -- of the lease that wrote place
  health      TEXT   NOT NULL DEFAULT 'new' CHECK (health IN ('new','ok','limited','forbidden','trouble','off')),
  trouble     TEXT   NOT NULL DEFAULT '',
  limits      TEXT   NOT NULL DEFAULT '{}',  -- what the channel said of lengths when it was last asked
  heard_at    BIGINT NOT NULL DEFAULT 0,
  refused     BIGINT NOT NULL DEFAULT 0,     -- deliveries with a wrong signature: counted, not stored
  made_at     BIGINT NOT NULL,
  UNIQUE (channel, external_id, brand_id)
);

CREATE TABLE person (
  id          TEXT    NOT NULL PRIMARY KEY,
  email       TEXT    NOT NULL UNIQUE,
  name        TEXT    NOT NULL,
  public_name TEXT    NOT NULL DEFAULT '',   -- what customers see; a first name will do
  role        TEXT    NOT NULL CHECK (role IN ('agent','lead','expert','approver','executive','admin','auditor')),
  capacity    BIGINT  NOT NULL DEFAULT 25,   -- open conversations that may be given to them by rule
  every_brand BOOLEAN NOT NULL DEFAULT TRUE,
  lang        TEXT    NOT NULL DEFAULT '',
  made_at     BIGINT  NOT NULL,
  off_at      BIGINT  NOT NULL DEFAULT 0
);
CREATE TABLE person_brand (
  person_id TEXT NOT NULL REFERENCES person (id),
  brand_id  TEXT NOT NULL REFERENCES brand (id),
  PRIMARY KEY (person_id, brand_id)
);
CREATE TABLE presence (
  person_id TEXT   NOT NULL PRIMARY KEY REFERENCES person (id),
  state     TEXT   NOT NULL CHECK (state IN ('here','away','off')),
  since     BIGINT NOT NULL
);

-- What reached a door, as received. One arrival may hold many messages.
CREATE TABLE arrival (
  id         TEXT   NOT NULL PRIMARY KEY,
  brand_id   TEXT   NOT NULL,
  account_id TEXT   NOT NULL REFERENCES account (id),
  sender_key TEXT   NOT NULL,                -- the sender's delivery id, else the SHA-256 of the bytes
  at         BIGINT NOT NULL,
  outcome    TEXT   NOT NULL CHECK (outcome IN ('read','unknown','unreadable','parked')),
  cause      TEXT   NOT NULL DEFAULT '',
  head       TEXT   NOT NULL DEFAULT '',
  body       BYTEA,                          -- NULL once its term is over or its author was erased
  UNIQUE (account_id, sender_key)
);
CREATE INDEX arrival_open ON arrival (account_id, id) WHERE outcome <> 'read';
CREATE INDEX arrival_bytes ON arrival (at) WHERE outcome = 'read' AND body IS NOT NULL;

CREATE TABLE contact (
  id          TEXT   NOT NULL PRIMARY KEY,
  brand_id    TEXT   NOT NULL REFERENCES brand (id),
  name        TEXT   NOT NULL,
  lang        TEXT   NOT NULL DEFAULT '',
  merged_into TEXT   REFERENCES contact (id),
  made_at     BIGINT NOT NULL,
  erased_at   BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX contact_merged ON contact (merged_into) WHERE merged_into IS NOT NULL;
-- A merge is the one column above; this says why, by whom, and that it was undone.
CREATE TABLE contact_merge (
  id        TEXT   NOT NULL PRIMARY KEY,
  brand_id  TEXT   NOT NULL,
  from_id   TEXT   NOT NULL REFERENCES contact (id),
  into_id   TEXT   NOT NULL REFERENCES contact (id),
  evidence  TEXT   NOT NULL,
  state     TEXT   NOT NULL CHECK (state IN ('suggested','merged','undone','refused')),
  by        TEXT   NOT NULL,
  at        BIGINT NOT NULL,
  UNIQUE (from_id, into_id)
);
CREATE INDEX contact_merge_into ON contact_merge (into_id);

-- realm is the network where ids are global ('email', 'at'), the instance or the account where they are not.
CREATE TABLE identity (
  id          TEXT NOT NULL PRIMARY KEY,
  brand_id    TEXT NOT NULL,
  contact_id  TEXT NOT NULL REFERENCES contact (id),
  realm       TEXT NOT NULL,
  external_id TEXT NOT NULL,
  handle      TEXT NOT NULL,
  UNIQUE (brand_id, realm, external_id)
);
CREATE INDEX identity_contact ON identity (contact_id);
CREATE INDEX identity_handle ON identity (brand_id, handle);
-- Reach stands apart so that no list, rule or clock can join it by accident.
CREATE TABLE reach (
  identity_id TEXT   NOT NULL REFERENCES identity (id),
  at          BIGINT NOT NULL,
  followers   BIGINT NOT NULL,
  PRIMARY KEY (identity_id, at)
);
-- Spam and blocks: later messages of that sender go to a quarantine. until is never for spam.
CREATE TABLE sender_block (
  brand_id    TEXT   NOT NULL,
  identity_id TEXT   NOT NULL REFERENCES identity (id),
  kind        TEXT   NOT NULL CHECK (kind IN ('spam','block')),
  reason      TEXT   NOT NULL,
  by          TEXT   NOT NULL,
  since       BIGINT NOT NULL,
  until       BIGINT NOT NULL,
  PRIMARY KEY (brand_id, identity_id)
);

CREATE TABLE conversation (
  id             TEXT    NOT NULL PRIMARY KEY,
  no             BIGINT  NOT NULL UNIQUE,    -- for people and for search
  brand_id       TEXT    NOT NULL REFERENCES brand (id),
  contact_id     TEXT    REFERENCES contact (id),       -- the principal; NULL only while nobody but us has spoken
  owner_id       TEXT    REFERENCES person (id),
  cover_id       TEXT    REFERENCES person (id),        -- answers for the owner without taking it
  status         TEXT    NOT NULL CHECK (status IN ('open','waiting','snoozed','resolved','archived')),
  outcome        TEXT    NOT NULL DEFAULT '' CHECK (outcome IN ('','answered','fixed','declined','no_reply_needed','withdrawn','went_quiet','spam','abuse','duplicate','passed_to_complaint')),
  severity       BIGINT  NOT NULL DEFAULT 3 CHECK (severity BETWEEN 1 AND 4), -- 1 top, 2 high, 3 normal, 4 low
  due_at         BIGINT  NOT NULL DEFAULT 9223372036854775807,
  due_kind       TEXT    NOT NULL DEFAULT '',
  waiting_since  BIGINT  NOT NULL DEFAULT 9223372036854775807, -- oldest customer message nobody of us has answered
  asked          TEXT    NOT NULL DEFAULT '', -- first open question in the customer's words; empty for a sealed thread
  channel        TEXT    NOT NULL DEFAULT '',
  public         BOOLEAN NOT NULL DEFAULT FALSE, -- has a public thread
  private        BOOLEAN NOT NULL DEFAULT FALSE, -- has a private one
  hands          BIGINT  NOT NULL DEFAULT 0,
  owed_questions BIGINT  NOT NULL DEFAULT 0,
  owed_promises  BIGINT  NOT NULL DEFAULT 0,
  owed_consults  BIGINT  NOT NULL DEFAULT 0,
  owed_closing   BIGINT  NOT NULL DEFAULT 0,
  quarantined    BOOLEAN NOT NULL DEFAULT FALSE,
  follows        TEXT    REFERENCES conversation (id),
  joined_into    TEXT    REFERENCES conversation (id),
  plan_version   TEXT    NOT NULL DEFAULT '',
  opened_at      BIGINT  NOT NULL,
  moved_at       BIGINT  NOT NULL,
  resolved_at    BIGINT  NOT NULL DEFAULT 9223372036854775807,
  version        BIGINT  NOT NULL DEFAULT 1,
  CHECK (owed_questions >= 0 AND owed_promises >= 0 AND owed_consults >= 0 AND owed_closing >= 0),
  CHECK (status <> 'resolved' OR owed_questions + owed_promises + owed_consults + owed_closing = 0),
  CHECK ((status = 'resolved') = (outcome <> '') OR status = 'archived')
);
CREATE INDEX conversation_desk     ON conversation (brand_id, due_at, severity, waiting_since, id) WHERE status = 'open' AND NOT quarantined;
CREATE INDEX conversation_mine     ON conversation (owner_id, due_at, severity, waiting_since, id) WHERE status = 'open' AND NOT quarantined;
CREATE INDEX conversation_unowned  ON conversation (brand_id, due_at, severity, waiting_since, id) WHERE status = 'open' AND NOT quarantined AND owner_id IS NULL;
CREATE INDEX conversation_consult  ON conversation (brand_id, due_at, severity, waiting_since, id) WHERE status = 'open' AND NOT quarantined AND owed_consults > 0;
CREATE INDEX conversation_promise  ON conversation (brand_id, due_at, severity, waiting_since, id) WHERE status IN ('open','waiting','snoozed') AND NOT quarantined AND owed_promises > 0;
CREATE INDEX conversation_all      ON conversation (brand_id, moved_at, id) WHERE status <> 'archived' AND NOT quarantined;
CREATE INDEX conversation_waiting  ON conversation (brand_id, moved_at, id) WHERE status IN ('waiting','snoozed') AND NOT quarantined;
CREATE INDEX conversation_resolved ON conversation (brand_id, moved_at, id) WHERE status = 'resolved' AND NOT quarantined;
CREATE INDEX conversation_archived ON conversation (brand_id, moved_at, id) WHERE status = 'archived';
CREATE INDEX conversation_spam     ON conversation (brand_id, moved_at, id) WHERE quarantined;
CREATE INDEX conversation_contact  ON conversation (contact_id, id);

-- The unique key decides which of two first messages makes the conversation. conversation_id is where the surface's next message
-- goes; a message keeps the conversation it was filed in.
CREATE TABLE thread (
  id              TEXT   NOT NULL PRIMARY KEY,
  brand_id        TEXT   NOT NULL,
  conversation_id TEXT   NOT NULL REFERENCES conversation (id),
  account_id      TEXT   NOT NULL REFERENCES account (id),
  remote_key      TEXT   NOT NULL,           -- root post, Message-ID, chat id, or the room's id
  kind            TEXT   NOT NULL CHECK (kind IN ('public','private','mail','room','phone')),
  url             TEXT   NOT NULL DEFAULT '',
  window_until    BIGINT NOT NULL DEFAULT 9223372036854775807,
  UNIQUE (account_id, remote_key, kind)      -- what is public and what is private of one thread are two surfaces
);
CREATE INDEX thread_conversation ON thread (conversation_id);

CREATE TABLE message (
  id              TEXT    NOT NULL PRIMARY KEY,
  brand_id        TEXT    NOT NULL,
  thread_id       TEXT    REFERENCES thread (id),     -- NULL for a note: it never left the house
  conversation_id TEXT    NOT NULL REFERENCES conversation (id),
  account_id      TEXT,
  external_id     TEXT,                      -- NULL until the network has named it; NULLs are distinct on both databases
  in_reply_to     TEXT    NOT NULL DEFAULT '',
  url             TEXT    NOT NULL DEFAULT '',
  side            TEXT    NOT NULL CHECK (side IN ('theirs','ours','outside','note')),
  author_id       TEXT    NOT NULL,          -- theirs: contact; ours, note: person; outside: ''
  author_name     TEXT    NOT NULL DEFAULT '', -- as it stood when it was said
  at              BIGINT  NOT NULL,          -- the network's time
  stored_at       BIGINT  NOT NULL,
  released_at     BIGINT  NOT NULL DEFAULT 0,  -- ours: 0 while undo is possible
  automatic       BOOLEAN NOT NULL DEFAULT FALSE,
  quiet           BOOLEAN NOT NULL DEFAULT FALSE, -- only thanks: a quiet line, no work
  background      BOOLEAN NOT NULL DEFAULT FALSE, -- stood in the thread before we were asked; owes no answer
  part_of         TEXT    REFERENCES message (id), -- a numbered part counts with its first one
  lang            TEXT    NOT NULL DEFAULT '',
  words           TEXT    NOT NULL DEFAULT '',
  sealed          BYTEA,
  key_id          TEXT,
  version         BIGINT  NOT NULL DEFAULT 1,
  gone            BOOLEAN NOT NULL DEFAULT FALSE,
  UNIQUE (account_id, external_id),
  CHECK (sealed IS NULL OR words = '')
);
CREATE INDEX message_timeline ON message (conversation_id, at, id);
CREATE INDEX message_thread   ON message (thread_id, at, id);
CREATE TABLE message_version (
  message_id TEXT   NOT NULL REFERENCES message (id),
  version    BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  words      TEXT   NOT NULL,
  PRIMARY KEY (message_id, version)
);
-- An edit or a deletion that came before its message: doors may bring things in any order. Kept for a week.
CREATE TABLE early_change (
  account_id  TEXT    NOT NULL,
  external_id TEXT    NOT NULL,
  gone        BOOLEAN NOT NULL,
  words       TEXT    NOT NULL DEFAULT '',
  at          BIGINT  NOT NULL,
  PRIMARY KEY (account_id, external_id)
);
CREATE INDEX early_change_at ON early_change (at);
CREATE TABLE attachment (
  id         TEXT   NOT NULL PRIMARY KEY,
  brand_id   TEXT   NOT NULL,
  message_id TEXT   NOT NULL REFERENCES message (id),
  n          BIGINT NOT NULL,
  name       TEXT   NOT NULL,
  type       TEXT   NOT NULL,
  url        TEXT   NOT NULL,
  alt        TEXT   NOT NULL DEFAULT '',
  state      TEXT   NOT NULL CHECK (state IN ('waiting','fetching','kept','too_large','failed')),
  blob       TEXT   NOT NULL DEFAULT '',
  size       BIGINT NOT NULL DEFAULT 0,
  error      TEXT   NOT NULL DEFAULT '',
  UNIQUE (message_id, n)
);
CREATE INDEX attachment_waiting ON attachment (id) WHERE state = 'waiting';
-- Reactions and boosts: filed on what they are about, no work.
CREATE TABLE reaction (
  account_id TEXT   NOT NULL,
  message_id TEXT   NOT NULL REFERENCES message (id),
  contact_id TEXT   NOT NULL,
  kind       TEXT   NOT NULL,
  at         BIGINT NOT NULL,
  PRIMARY KEY (message_id, contact_id, kind)
);

CREATE TABLE participant (
  conversation_id TEXT   NOT NULL REFERENCES conversation (id),
  contact_id      TEXT   NOT NULL REFERENCES contact (id),
  role            TEXT   NOT NULL CHECK (role IN ('principal','participant','brand')),
  since           BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, contact_id)
);
CREATE INDEX participant_contact ON participant (contact_id, conversation_id);
-- Who has replied to the customer here; announced when the owner had told the customer that they would.
CREATE TABLE hand (
  conversation_id TEXT    NOT NULL REFERENCES conversation (id),
  who             TEXT    NOT NULL,
  announced       BOOLEAN NOT NULL DEFAULT FALSE,
  at              BIGINT  NOT NULL,
  PRIMARY KEY (conversation_id, who)
);

CREATE TABLE tag (
  id          TEXT   NOT NULL PRIMARY KEY,
  brand_id    TEXT   NOT NULL REFERENCES brand (id),
  name        TEXT   NOT NULL,
  merged_into TEXT   REFERENCES tag (id),
  retired_at  BIGINT NOT NULL DEFAULT 0,
  UNIQUE (brand_id, name)
);
CREATE TABLE conversation_tag (
  conversation_id TEXT   NOT NULL REFERENCES conversation (id),
  tag_id          TEXT   NOT NULL REFERENCES tag (id),
  by              TEXT   NOT NULL,
  at              BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, tag_id)
);
CREATE INDEX conversation_tag_tag ON conversation_tag (tag_id, conversation_id);
-- Typed fields; their pages come with the everyday desk.
CREATE TABLE field (
  id       TEXT    NOT NULL PRIMARY KEY,
  brand_id TEXT    NOT NULL REFERENCES brand (id),
  subject  TEXT    NOT NULL CHECK (subject IN ('conversation','contact')),
  key      TEXT    NOT NULL,
  label    TEXT    NOT NULL,
  type     TEXT    NOT NULL CHECK (type IN ('text','number','date','choice','yes_no','order','flight','store','app_version')),
  choices  TEXT    NOT NULL DEFAULT '',
  needed   BOOLEAN NOT NULL DEFAULT FALSE,
  UNIQUE (brand_id, subject, key)
);
CREATE TABLE field_value (
  field_id   TEXT   NOT NULL REFERENCES field (id),
  subject_id TEXT   NOT NULL,
  brand_id   TEXT   NOT NULL,
  value      TEXT   NOT NULL,
  by         TEXT   NOT NULL,
  at         BIGINT NOT NULL,
  PRIMARY KEY (subject_id, field_id)
);

-- A question keeps a span, not words: erasing or sealing the message is enough.
CREATE TABLE question (
  id              TEXT    NOT NULL PRIMARY KEY,
  brand_id        TEXT    NOT NULL,
  conversation_id TEXT    NOT NULL REFERENCES conversation (id),
  message_id      TEXT    NOT NULL REFERENCES message (id),
  asker_id        TEXT    NOT NULL REFERENCES contact (id),
  version         BIGINT  NOT NULL DEFAULT 1, -- of the message, in whose words the span is
  start_at        BIGINT  NOT NULL,          -- bytes of those words
  end_at          BIGINT  NOT NULL,
  kind            TEXT    NOT NULL CHECK (kind IN ('question','request','who','rhetorical')),
  owed            BOOLEAN NOT NULL,          -- a rhetorical or archived one is never owed
  state           TEXT    NOT NULL CHECK (state IN ('open','answered','answered_by_department','answered_by_community','declined','not_a_question')),
  settled_by      TEXT    REFERENCES message (id),
  settled_at      BIGINT  NOT NULL DEFAULT 0,
  settled_who     TEXT    NOT NULL DEFAULT '',
  reason          TEXT    NOT NULL DEFAULT '',
  UNIQUE (message_id, version, start_at, end_at)
);
CREATE INDEX question_conversation ON question (conversation_id, id);
CREATE INDEX question_settled ON question (settled_by) WHERE settled_by IS NOT NULL;

CREATE TABLE delivery (
  message_id   TEXT   NOT NULL REFERENCES message (id),
  part         BIGINT NOT NULL DEFAULT 1,    -- a numbered post has several; each is retried alone
  brand_id     TEXT   NOT NULL,
  account_id   TEXT   NOT NULL REFERENCES account (id),
  words        TEXT   NOT NULL,              -- of this part: cut once, so that a retry says the same
  external_id  TEXT,                         -- what the network named this part
  url          TEXT   NOT NULL DEFAULT '',
  send_key     TEXT   NOT NULL,              -- stored before the first try
  state        TEXT   NOT NULL CHECK (state IN ('queued','sending','sent','failed','uncertain')),
  tries        BIGINT NOT NULL DEFAULT 0,
  claim        BIGINT NOT NULL DEFAULT 0,    -- fencing number of the attempt; Settle refuses an older one
  claimed_at   BIGINT NOT NULL DEFAULT 0,
  not_before   BIGINT NOT NULL DEFAULT 0,
  error        TEXT   NOT NULL DEFAULT '',
  decided_by   TEXT   NOT NULL DEFAULT '',
  queued_at    BIGINT NOT NULL,
  PRIMARY KEY (message_id, part),
  UNIQUE (account_id, external_id),
  UNIQUE (account_id, send_key)
);
CREATE INDEX delivery_lane   ON delivery (account_id, message_id, part) WHERE state IN ('queued','sending');
CREATE INDEX delivery_echo   ON delivery (account_id, message_id, part) WHERE state IN ('sending','uncertain');
CREATE INDEX delivery_person ON delivery (brand_id, message_id) WHERE state IN ('failed','uncertain');

-- One being written a conversation and person, kept on every device; one sent keeps what it answers until it is released.
CREATE TABLE draft (
  id              TEXT   NOT NULL PRIMARY KEY,
  brand_id        TEXT   NOT NULL,
  conversation_id TEXT   NOT NULL REFERENCES conversation (id),
  person_id       TEXT   NOT NULL,
  thread_id       TEXT   NOT NULL,           -- '' for a note
  words           TEXT   NOT NULL,
  answers         TEXT   NOT NULL DEFAULT '[]',
  seen            TEXT   NOT NULL DEFAULT '',
  message_id      TEXT   UNIQUE REFERENCES message (id),
  saved_at        BIGINT NOT NULL
);
CREATE UNIQUE INDEX draft_open ON draft (conversation_id, person_id) WHERE message_id IS NULL;
