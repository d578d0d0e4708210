-- Apps that register themselves, as in migrations/mysql.

ALTER TABLE clients ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clients ADD COLUMN ask_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clients ADD COLUMN registration_digest BLOB;
ALTER TABLE clients ADD COLUMN application_type TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN registered_from TEXT NOT NULL DEFAULT '';

CREATE INDEX clients_unused ON clients (origin, last_used_at, created_at);
CREATE INDEX clients_registered_from ON clients (registered_from, last_used_at) WHERE registered_from <> '';

CREATE TABLE registration_tokens (
  id         TEXT NOT NULL PRIMARY KEY,
  digest     BLOB NOT NULL UNIQUE,
  uses       INTEGER NOT NULL,
  max_uses   INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX registration_tokens_expires ON registration_tokens (expires_at);
