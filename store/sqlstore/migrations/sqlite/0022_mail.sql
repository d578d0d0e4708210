-- Mail, one-time links and the key that seals what is personal, as in migrations/mysql.

CREATE TABLE data_keys (
  id            TEXT NOT NULL PRIMARY KEY,
  sealed        BLOB NOT NULL,
  master_key_id TEXT NOT NULL,
  created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mails (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  digest     BLOB NOT NULL UNIQUE, -- of address and purpose
  purpose    TEXT NOT NULL,
  user_id    INTEGER NOT NULL, -- 0: nobody's yet
  content    BLOB NOT NULL, -- sealed: the address, the language and what the text needs
  created_at INTEGER NOT NULL,
  next_try   INTEGER NOT NULL,
  tries      INTEGER NOT NULL
) STRICT;

CREATE INDEX mails_due ON mails (next_try, id);
CREATE INDEX mails_user ON mails (user_id);

CREATE TABLE links (
  slot        BLOB NOT NULL PRIMARY KEY, -- of purpose and person, or address: a new link replaces the one before
  digest      BLOB NOT NULL UNIQUE,
  purpose     TEXT NOT NULL,
  user_id     INTEGER NOT NULL, -- 0: nobody yet (sign-up by mail)
  address     TEXT NOT NULL,
  address_key TEXT NOT NULL,
  generation  INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX links_user ON links (user_id);
CREATE INDEX links_expires ON links (expires_at);
