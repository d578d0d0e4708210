-- Signing keys of other algorithms than RS256, as in migrations/mysql.

CREATE TABLE ring_keys (
  id            TEXT NOT NULL PRIMARY KEY,
  generation    INTEGER NOT NULL,
  algorithm     TEXT NOT NULL,
  public_key    BLOB NOT NULL,
  sealed        BLOB NOT NULL,
  master_key_id TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  sign_from     INTEGER NOT NULL,
  retired_at    INTEGER NOT NULL,
  UNIQUE (algorithm, generation)
) STRICT;

ALTER TABLE apis ADD COLUMN signing_alg TEXT NOT NULL DEFAULT 'RS256';
ALTER TABLE apis ADD COLUMN signing_alg_before TEXT NOT NULL DEFAULT '';
ALTER TABLE apis ADD COLUMN signing_alg_from INTEGER NOT NULL DEFAULT 0;

ALTER TABLE clients ADD COLUMN id_token_alg TEXT NOT NULL DEFAULT 'RS256';
ALTER TABLE clients ADD COLUMN id_token_alg_before TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN id_token_alg_from INTEGER NOT NULL DEFAULT 0;
