-- Second factors and passkeys, as in migrations/mysql.

ALTER TABLE users ADD COLUMN factors INTEGER NOT NULL DEFAULT 0;

CREATE TABLE totp_factors (
  user_id      INTEGER NOT NULL PRIMARY KEY,
  secret       BLOB NOT NULL, -- sealed
  last_step    INTEGER NOT NULL, -- the step of the last code that was accepted
  created_at   INTEGER NOT NULL,
  confirmed_at INTEGER NOT NULL, -- 0: not yet
  last_used_at INTEGER NOT NULL
) STRICT;

CREATE TABLE recovery_codes (
  user_id    INTEGER NOT NULL,
  digest     BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE passkeys (
  digest        BLOB NOT NULL PRIMARY KEY, -- of the credential's ID
  credential_id BLOB NOT NULL,
  user_id       INTEGER NOT NULL,
  name          TEXT NOT NULL,
  credential    BLOB NOT NULL, -- JSON: public key, AAGUID, transports, flags
  sign_count    INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  last_used_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX passkeys_user ON passkeys (user_id, created_at);

CREATE TABLE challenges (
  digest     BLOB NOT NULL PRIMARY KEY,
  kind       TEXT NOT NULL,
  user_id    INTEGER NOT NULL, -- 0: not known yet
  client_id  TEXT NOT NULL, -- empty: our own pages
  generation INTEGER NOT NULL,
  content    BLOB NOT NULL,
  misses     INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX challenges_user ON challenges (user_id);
CREATE INDEX challenges_expires ON challenges (expires_at);
